"""Requests that need a tool: the tool, the wording, the call, the result, the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from tools.demo_model.corpus import names, requests
from tools.demo_model.corpus.dialogue import Tool, ToolCall
from tools.demo_model.corpus.grammar import Scene
from tools.demo_model.corpus.words import TABLES


@dataclass(frozen=True)
class Action:
    """
    A tool with the requests that it serves.

    `arguments` are (parameter, slot) in the order of the call; every name in `names` may be the
    tool's, whatever the tool list says is what is called.
    """

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...]
    asks: tuple[str, ...]
    unseen: tuple[str, ...]
    results: tuple[tuple[str, str], ...]


ACTIONS = (
    Action(
        ("order_food", "serve_dish", "order", "bring_meal"),
        (
            "Brings a dish to the guest's table.",
            "Brings food and drink to the guest's table.",
            "Orders something to eat or drink.",
        ),
        (("item", "dish"), ("count", "few")),
        requests.ORDER,
        ("Could we have {few} {dish}?", "My friends and I want {few} {dish}."),
        (
            ("served", "Here you are: {few} {dish}."),
            ("sold out", "I am sorry, we have no {dish} left."),
        ),
    ),
    Action(
        ("open_door", "unlock_door", "open_gate"),
        (
            "Opens a door or gate.",
            "Makes a locked door open.",
            "Lets somebody through a door.",
        ),
        (("door", "door"),),
        requests.OPEN,
        ("Would you open the {door} for me?", "I need the {door} open."),
        (("opened", "The {door} is open now."), ("stuck", "The {door} does not move, {title}.")),
    ),
    Action(
        ("close_door", "lock_door", "lock"),
        (
            "Locks a door or gate.",
            "Closes a door or gate.",
            "Shuts a door so that nobody can pass.",
        ),
        (("door", "door"),),
        requests.CLOSE,
        ("Make sure that the {door} is locked.",),
        (("locked", "The {door} is locked now."), ("broken", "The lock of the {door} is broken.")),
    ),
    Action(
        ("give_item", "hand_over", "give"),
        (
            "Gives an item to the player.",
            "Hands something over to the player.",
            "Lets the player have a thing.",
        ),
        (("item", "object"),),
        requests.GIVE,
        ("Please let me have the {object}.",),
        (("given", "Here is the {object}, {title}."), ("not found", "I do not have the {object}.")),
    ),
    Action(
        ("sell_item", "sell", "trade_item"),
        (
            "Sells an item to the player for a price in coins.",
            "Trades an item for coins.",
            "The player buys a thing and pays for it.",
        ),
        (("item", "object"), ("price", "coins")),
        requests.SELL,
        ("Let me buy the {object} for {coins} coins.",),
        (
            ("sold", "The {object} is yours, for {coins} coins."),
            ("too cheap", "{coins} coins are not enough for the {object}."),
        ),
    ),
    Action(
        ("attack", "attack_target", "fight"),
        (
            "Attacks an enemy.",
            "Fights a creature.",
            "Strikes at a monster with a weapon.",
        ),
        (("target", "creature"),),
        requests.ATTACK,
        ("Go after the {creature}!", "There, the {creature}! Strike!"),
        (("hit", "The {creature} is beaten!"), ("missed", "I missed the {creature}!")),
    ),
    Action(
        ("heal", "heal_player", "cast_heal"),
        (
            "Heals a person.",
            "Treats somebody who is hurt or ill.",
            "Cures the wounds of a person.",
        ),
        (("target", "person_1"),),
        requests.HEAL,
        ("{person_1} needs healing.",),
        (
            ("healed", "Your friend {person_1} is well again."),
            ("no strength", "I have no strength left for {person_1}."),
        ),
    ),
    Action(
        ("set_course", "navigate", "plot_course"),
        (
            "Sets the course to a place.",
            "Steers towards a town.",
            "Travels to a destination.",
        ),
        (("destination", "town_1"),),
        requests.COURSE,
        ("Our next stop is {town_1}.", "I want to go to {town_1}."),
        (
            ("course set", "We are on our way to {town_1}, {title}."),
            ("no fuel", "We cannot reach {town_1}, {title}."),
        ),
    ),
    Action(
        ("scan", "scan_sector", "scan_area"),
        (
            "Scans a sector of the ship.",
            "Looks at a sector with the sensors.",
            "Finds out what is in a sector.",
        ),
        (("sector", "number"),),
        requests.SCAN,
        ("Take a look at sector {number}.",),
        (
            ("clear", "Sector {number} is clear, {title}."),
            ("unknown object", "There is an unknown object in sector {number}."),
        ),
    ),
    Action(
        ("play_song", "sing", "play_music"),
        (
            "Plays a song.",
            "Makes music for the guests.",
            "Sings or plays a song by its title.",
        ),
        (("title", "song"),),
        requests.SONG,
        ("Would you play {song}?",),
        (("playing", "This one is called {song}."), ("unknown", "I do not know {song}.")),
    ),
    Action(
        ("call_person", "call", "send_for"),
        (
            "Calls a person.",
            "Asks somebody to come here.",
            "Sends for a person.",
        ),
        (("name", "person_1"),),
        requests.CALL,
        ("Bring {person_1} here.",),
        (
            ("on the way", "I sent for {person_1}, {title}."),
            ("not here", "I cannot find {person_1}."),
        ),
    ),
    Action(
        ("light_lamp", "set_light", "change_light"),
        (
            "Changes the colour of the light.",
            "Lights a lamp in a colour.",
            "Sets the light to a colour.",
        ),
        (("colour", "colour"),),
        requests.LIGHT,
        ("Could the light be {colour}?",),
        (("done", "The light is {colour} now."), ("broken", "The {colour} lamp is broken.")),
    ),
)
DISHES = (
    "mushroom stew",
    "roasted boar",
    "onion soup",
    "apple pie",
    "dark ale",
    "red wine",
    "fresh bread",
    "grilled trout",
    "honey cake",
    "goat cheese",
)
DOORS = (
    "north gate",
    "south gate",
    "east gate",
    "west gate",
    "cellar door",
    "front door",
    "airlock",
    "cargo hatch",
    "prison cell",
    "treasure room",
    "back door",
    "iron gate",
)
COUNTS = ("1", "2", "3", "4", "5", "6")
PREFIXES = ("npc", "do", "game", "my", "player", "world", "quest", "the", "try", "start", "hero")
"""So that a name has to be read in the list and cannot be known by heart."""

RIVALS = (("open_door", "close_door"), ("give_item", "sell_item"), ("heal", "call_person"))
"""Actions with the same things: who has the tools of both must read what each is for."""
RIVAL_SHARE = 0.6

THOUGHT = "I can use {tool} for this."


def prepare(scene: Scene) -> None:
    """Give the scene new facts of those that only tools speak of."""
    scene.forget("person_1", "town_1", "number", "coins", "creature", "colour", "song")
    scene["dish"] = scene.random.choice(DISHES)
    scene["door"] = scene.random.choice(DOORS)
    scene["few"] = scene.random.choice(COUNTS)
    scene.forget("material_3", "treasure_3")
    scene["object"] = scene.phrase("{material_3} {treasure_3}")


def values() -> tuple[str, ...]:
    """Return every name of a tool and every word of a table that an argument can be."""
    tables = ("creature", "colour", "song", "material")
    named = [name for action in ACTIONS for name in action.names]
    return (*DISHES, *DOORS, *named, *(entry for table in tables for entry in TABLES[table]))


def tool_of(random: Random, action: Action) -> Tool:
    """Return the tool under one of its names; most begin or end as this game alone has it."""
    parameters = tuple(parameter for parameter, _ in action.arguments)
    name = random.choice(action.names)
    if random.random() < 0.5:
        name = f"{random.choice(PREFIXES)}_{name}"
    elif random.random() < 0.6:
        name = f"{names.person(random).lower()}_{name}"
    return Tool(name, random.choice(action.descriptions), parameters)


def call_of(scene: Scene, action: Action, tool: Tool) -> ToolCall:
    """Return the call that this scene's request needs."""
    values = ((parameter, scene[slot]) for parameter, slot in action.arguments)
    arguments = tuple((name, int(text) if text.isdigit() else text) for name, text in values)
    return ToolCall(tool.name, arguments)


def tool_list(random: Random, wanted: Sequence[tuple[Action, Tool]]) -> tuple[Tool, ...]:
    """Return the wanted tools and one or two others, often their rivals, in random order."""
    named = [action for action, _ in wanted]
    rivals = [rival for action in named if (rival := _rival(action)) and rival not in named]
    chosen = [rival for rival in rivals if random.random() < RIVAL_SHARE]
    strangers = [action for action in ACTIONS if action not in (*named, *rivals)]
    count = random.choice((0, 1, 1, 2)) if wanted else random.choice((1, 2, 3))
    chosen += random.sample(strangers, max(0, count - len(chosen)))
    tools = [tool_of(random, action) for action in chosen]
    tools += [tool for _, tool in wanted]
    random.shuffle(tools)
    return tuple(tools)


def _rival(action: Action) -> Action | None:
    for pair in RIVALS:
        if action.names[0] in pair:
            other = pair[1 - pair.index(action.names[0])]
            return next(each for each in ACTIONS if each.names[0] == other)
    return None
