"""Invent a character: its facts, and the system prompt that states some of them."""

from __future__ import annotations

from tools.demo_model.corpus import (
    generic,
    guard,
    healer,
    merchant,
    names,
    questions,
    ship,
    smith,
    tavern,
)
from tools.demo_model.corpus.cast import Cast
from tools.demo_model.corpus.grammar import Scene
from tools.demo_model.corpus.words import INTERJECTIONS, TABLES

CASTS: tuple[Cast, ...] = (tavern.CAST, smith.CAST, guard.CAST, merchant.CAST, healer.CAST)

INVENTED_TRADES = 0.5
"""How many of the trades without words of their own nobody has heard of."""

INTRODUCTIONS = (
    "You are {name}, a {trade} in {place}.",
    "You are {name}, the {trade} of {place}.",
    "You are a {trade} named {name}.",
    "You are a {manner} {trade} named {name}.",
    "You are a {trade} named {name} in {place}.",
    "You are {name}, a {manner} {trade} in {place}.",
    "You are {name}. You work as a {trade} in {place}.",
    "You are a {manner} {trade} in {place}.",
    "Your name is {name}. You are a {trade} from {place}.",
    "You are {name}, a {trade}.",
    "You play {name}, a {trade} in the town of {place}.",
    "You are a {manner} {trade}.",
    "You are {name}, a {manner} {trade} who lives in {place}.",
    "You are {name}, {trade} of {place}.",
    "You are a {trade} called {name}. You live in {place}.",
)
MORE_INTRODUCTIONS = (
    "[Pretend to be|Be|Speak as|Answer as] {name}, [a|the] {trade} [in|of] {place}.",
    (
        "[This is a game.|A fantasy game.|A player speaks to you.] You are "
        "{name}, a {trade} in {place}."
    ),
    "[In this scene|In this game|In this story] you are {name}, a {manner} {trade} from {place}.",
    "The character is {name}, [a|the] {trade} [in|of] {place}.",
    "You are {name}, [a|the] {manner} {trade}. [You live in|Your home is|This is] {place}.",
    "You are {name} [of|from] {place}. You are a {trade}.",
    "{name} is a {trade} in {place}. [You are {name}.|Speak as {name}.|You play {name}.]",
    "Name: {name}. Trade: {trade}. Place: {place}.",
    (
        "[You are a game character|You are a character] named {name}. You work "
        "as a {trade} in {place}."
    ),
)
UNSEEN_INTRODUCTIONS = (
    "Act as {name}, a {trade} in {place}.",
    "You take the part of {name}, a {trade} in {place}.",
    "Play the role of {name}, the {trade} of {place}.",
    "The player talks to you. You are {name}, a {manner} {trade} in {place}.",
)
TAVERN_INTRODUCTIONS = (
    "You are {name}, the {trade} of {place}.",
    "You are {name}, {trade} of {place}.",
    "You are {name}, the {manner} {trade} of {place}.",
    "Your name is {name}. You are the {trade} of {place}.",
)
TAVERN_NAMES = (
    "the [Leaking|Golden|Sleeping|Laughing|Black|Drunken|Silver|Last|Crooked|Old|Green|Singing] "
    "[Barrel|Dragon|Goose|Lantern|Boar|Kettle|Crown|Anchor|Fox|Oak|Giant|Bell|Mermaid|Wheel]"
)
GOODS_NOTES = (
    "You sell {good_1}, {good_2} and {good_3}.",
    "You offer {good_1}, {good_2} and {good_3}.",
    "Your goods are {good_1}, {good_2} and {good_3}.",
)
RUMOUR_NOTES = (
    "You have heard that {rumour}.",
    "You know that {rumour}.",
    "People say that {rumour}.",
)
TASK_NOTES = ("You want the player to {task}.", "You need someone to {task}.")
OTHERS_NOTES = (
    (
        "[Your friend|Your neighbour|Your master|Your enemy|The mayor] is [called "
        "{person_9}|{person_9}]."
    ),
    "{person_9} [owes you|stole from you|lent you] {number_9} coins.",
    "[You do not like|You admire|You fear|You often think of|You trust] {person_9}[ of {town_9}|].",
    "[The road|A long road|A river] leads to {town_9}.",
    "[You have never been to|You sometimes travel to|You dream of] {town_9}.",
)
"""Names that are in the prompt and not what is asked for."""

RELATIVE_NOTES = (
    "Your {kin_5} is called {relative}.",
    "Your {kin_5} is {relative}.",
    "You have a {kin_5} named {relative}.",
    "{relative} is your {kin_5}.",
)
TITLE_NOTES = (
    "You call the player {title}.",
    "You address the player as {title}.",
    "You always call the player {title}.",
)
STYLE_NOTES = (
    "Answer briefly.",
    "You speak in one or two sentences.",
    "Keep your answers short.",
    "Stay in character.",
    "Speak like a {trade}.",
    "You speak to travellers in a game.",
    "Never leave your role.",
)
STATED_TITLES = (
    "stranger",
    "traveller",
    "friend",
    "my lord",
    "hero",
    "young one",
    "sir",
    "outlander",
    "adventurer",
    "captain",
    "champion",
    "my friend",
    "wanderer",
    "master",
    "brave one",
)


def invent(scene: Scene) -> tuple[str, Cast]:
    """Fill the scene with a character's facts; return its system prompt and its cast."""
    if scene.random.random() < 0.14:
        return _ship(scene), ship.CAST
    cast = _cast(scene)
    scene["manner"] = scene.random.choice(TABLES["manner"])
    introduction = _introduction(scene)
    if cast is tavern.CAST and scene.random.random() < 0.3:
        introduction = scene.random.choice(TAVERN_INTRODUCTIONS)
        scene["town"] = scene.phrase(TAVERN_NAMES)
        scene["trade"] = scene.random.choice(("keeper", "host", "owner", scene["trade"]))
    start = scene.say(introduction.replace("{name}", "{person}").replace("{place}", "{town}"))
    if scene["manner"] not in start:
        scene.forget("manner")
    for slot in ("name", "place"):
        if "{" + slot + "}" in introduction:
            scene[slot] = scene["person" if slot == "name" else "town"]
    scene.update(_goods(scene, cast))
    scene["rumour"] = scene.phrase(generic.RUMOURS)
    scene["task"] = scene.phrase(generic.TASKS)
    return " ".join([start, *_notes(scene, cast)]), cast


def interjection(scene: Scene) -> str:
    """Return what this character's manner says before the answer; often nothing."""
    known = INTERJECTIONS.get(scene["manner"], ()) if "manner" in scene else ()
    return scene.random.choice(known) + " " if known and scene.random.random() < 0.3 else ""


def _introduction(scene: Scene) -> str:
    if scene.held_out and scene.random.random() < 0.5:
        return scene.random.choice(UNSEEN_INTRODUCTIONS)
    return scene.random.choice(INTRODUCTIONS + MORE_INTRODUCTIONS + questions.EXTRA_INTRODUCTIONS)


def _cast(scene: Scene) -> Cast:
    if scene.random.random() < 0.35:
        scene["trade"] = _any_trade(scene)
        return generic.CAST
    cast = scene.random.choice((*CASTS, tavern.CAST))
    scene["trade"] = scene.random.choice(cast.trades)
    return cast


def _any_trade(scene: Scene) -> str:
    random = scene.random
    if scene.held_out and random.random() < 0.5:
        return random.choice(TABLES["unseen_trade"])
    if random.random() < INVENTED_TRADES:
        return names.trade(random, scene.held_out)
    return random.choice(TABLES["trade"])


def _goods(scene: Scene, cast: Cast) -> dict[str, str]:
    if not cast.goods:
        return {}
    first, second, third = scene.random.sample(cast.goods, 3)
    if scene.random.random() < 0.15:
        first, second, third = cast.goods[:3]
    bought = scene.random.choice((first, second, third))
    facts = {"good_1": first, "good_2": second, "good_3": third, "buying": bought}
    facts["short"] = bought.split()[-1]
    title = scene["title"]
    facts["bought"] = scene.random.choice(
        (
            f"The {bought}, coming right up, {title}!",
            f"The {bought}? A good choice.",
            f"Here you are, {title}: the {bought}.",
        )
    )
    return facts


def _notes(scene: Scene, cast: Cast) -> list[str]:
    random = scene.random
    notes = []
    if cast.goods and random.random() < 0.3:
        notes.append(scene.say(GOODS_NOTES))
    if random.random() < 0.25:
        notes.append(scene.say(RUMOUR_NOTES))
    if random.random() < 0.15:
        notes.append(scene.say(TASK_NOTES))
    if random.random() < 0.15:
        scene["relative"] = scene["person_5"]
        notes.append(scene.say(RELATIVE_NOTES))
    if random.random() < 0.15:
        notes.append(scene.say(OTHERS_NOTES))
    if random.random() < 0.12:
        notes.append(scene.say(STYLE_NOTES))
    random.shuffle(notes)
    return notes


def set_title(scene: Scene) -> str:
    """Choose how the player is addressed; return the note that states it, or nothing."""
    if scene.random.random() < 0.2:
        scene["title"] = scene.random.choice(STATED_TITLES)
        return " " + scene.say(TITLE_NOTES)
    return ""


def _ship(scene: Scene) -> str:
    random = scene.random
    scene["title"] = random.choice(ship.TITLES)
    scene["trade"] = random.choice(ship.CAST.trades)
    scene["vessel"] = scene["person_8"]
    scene["percent"] = scene.number(61, 99)
    scene["n"] = scene.number(1, 20)
    vessel = scene.phrase(random.choice(ship.VESSELS))
    start = f"a {scene['trade']} {vessel}"
    if random.random() < 0.5:
        scene["name"] = scene["person"]
        start = (
            f"{scene['name']}, {start}"
            if random.random() < 0.6
            else f"{start} named {scene['name']}"
        )
    prompt = [scene.say(f"You are {start}."), scene.say(ship.CAST.notes)]
    if random.random() < 0.6:
        scene["concern"] = random.choice(ship.CONCERNS)
        scene["spot"] = scene.phrase(ship.SPOTS)
        prompt.append(scene.say(ship.ADVICE))
        scene["worry"] = scene.say(ship.WORRIES)
    else:
        scene["worry"] = scene.say(ship.CALM)
    return " ".join(prompt)
