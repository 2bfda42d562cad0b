"""Exercises in copying and looking up, so that a small model learns both early."""

from __future__ import annotations

import json
from random import Random

from tools.demo_model.corpus import names
from tools.demo_model.corpus.dialogue import Dialogue, Expect, Message, Tool, ToolCall
from tools.demo_model.corpus.words import TABLES, listed

VERBS = listed(
    "add, ask, bring, build, buy, call, check, draw, find, follow, get, give, hide, hold, light, "
    "make, move, open, paint, read, repair, send, show, start, stop, take, throw, use, wake, watch"
)
PARAMETERS = listed(
    "item, name, target, place, person, object, owner, thing, player, value, title, goal, who, what"
)
OWN_NAMES = 0.7
"""How often a tool's name cannot be told from what it does."""

ORDERS = (
    "Please {verb} the {noun} of {person}.",
    "Can you {verb} {person}'s {noun}?",
    "{person} wants you to {verb} the {noun}.",
    "I need you to {verb} this {noun} for {person}.",
    "There is one {noun} to {verb}, and it belongs to {person}.",
    "It is {person} who needs the {noun}. Will you {verb} it?",
)


def drill(random: Random, held_out: bool = False) -> Dialogue:
    """Return one exercise."""
    kinds = (*(_repeat,) * 5, _look_up, _reverse_look_up, _quote, _call, *(_request,) * 2)
    return random.choice(kinds)(random, held_out)


def _name(random: Random, held_out: bool) -> str:
    return random.choice((names.person, names.person, names.place))(random, held_out)


def _thing(random: Random) -> str:
    return random.choice(TABLES[random.choice(("thing", "treasure", "trade", "creature", "beast"))])


def _repeat(random: Random, held_out: bool) -> Dialogue:
    parts = [
        _name(random, held_out) if random.random() < 0.6 else _thing(random)
        for _ in range(random.choice((2, 4, 8, 12, 16)))
    ]
    text = " ".join(parts)
    ask = random.choice(("Repeat after me: {0}", "Say this: {0}", "Repeat: {0}", "Please say: {0}"))
    if random.random() < 0.5:
        return _dialogue(ask.format(text), f"You said: {text}", text)
    return _dialogue(ask.format(text), f"As you wish: {text}", text)


def _pairs(random: Random, held_out: bool) -> list[tuple[str, str]]:
    things = random.sample(TABLES["thing"], random.randint(2, 5))
    return [(_name(random, held_out), thing) for thing in things]


def _look_up(random: Random, held_out: bool) -> Dialogue:
    pairs = _pairs(random, held_out)
    name, thing = random.choice(pairs)
    told = " ".join(f"{owner} has the {owned}." for owner, owned in pairs)
    return _dialogue(f"{told} Who has the {thing}?", f"The {thing} belongs to {name}.", name)


def _reverse_look_up(random: Random, held_out: bool) -> Dialogue:
    pairs = _pairs(random, held_out)
    name, thing = random.choice(pairs)
    told = " ".join(f"{owner} has the {owned}." for owner, owned in pairs)
    return _dialogue(f"{told} What does {name} have?", f"{name} has the {thing}.", thing)


def _quote(random: Random, held_out: bool) -> Dialogue:
    pairs = _pairs(random, held_out)
    name, thing = random.choice(pairs)
    told = " ".join(f"{owner} has the {owned}." for owner, owned in pairs)
    if random.random() < 0.5:
        return _dialogue(
            f"{told} Who has the {thing}? Answer in JSON.", json.dumps({"owner": name}), name
        )
    return _dialogue(
        f"{told} What does {name} have? Answer in JSON.", json.dumps({"thing": thing}), thing
    )


def _call(random: Random, held_out: bool) -> Dialogue:
    tools = [
        _tool(random, held_out, *_deed(random), parameters=random.choice((1, 1, 2)))
        for _ in range(random.randint(1, 4))
    ]
    used = random.choice(tools)
    values = [
        _name(random, held_out) if random.random() < 0.6 else _thing(random) for _ in range(2)
    ]
    call = ToolCall(used.name, tuple(zip(used.parameters, values, strict=False)))
    told = " and ".join(values[: len(call.arguments)])
    ask = random.choice(("Use {0} with {1}.", "Please use {0} for {1}.", "{0}: {1}"))
    reply = Message("assistant", "", call=call, expect=Expect("tool", (used.name,)))
    return Dialogue((Message("user", ask.format(used.name, told)), reply), tuple(tools))


def _request(random: Random, held_out: bool) -> Dialogue:
    """Return requests that name no tool: their descriptions have to be found among others."""
    deeds = {_deed(random) for _ in range(random.randint(2, 5))}
    tools = [(deed, _tool(random, held_out, *deed)) for deed in sorted(deeds)]
    random.shuffle(tools)
    messages: list[Message] = []
    for (verb, noun), used in random.sample(tools, min(len(tools), random.randint(1, 3))):
        person = names.person(random, held_out)
        asked = random.choice(ORDERS).format(verb=verb, noun=noun, person=person)
        call = ToolCall(used.name, ((used.parameters[0], person),))
        reply = Message("assistant", "", call=call, expect=Expect("tool", (used.name,)))
        messages += [Message("user", asked), reply, Message("tool", "done")]
    return Dialogue(tuple(messages[:-1]), tuple(tool for _, tool in tools))


def _deed(random: Random) -> tuple[str, str]:
    noun = random.choice(TABLES[random.choice(("thing", "beast", "kin", "treasure"))])
    return random.choice(VERBS), noun


def _tool(random: Random, held_out: bool, verb: str, noun: str, parameters: int = 1) -> Tool:
    """Return a tool under a name that nobody foresaw, so that names are copied and looked up."""
    name = f"{verb}_{noun}".replace(" ", "_")
    if random.random() < OWN_NAMES:
        owner = names.person(random, held_out).lower()
        name = random.choice((f"{owner}_{name}", f"{owner}_{verb}", f"{name}_{owner}", owner))
    named = tuple(random.sample(PARAMETERS, parameters))
    return Tool(name, f"{verb.capitalize()}s a {noun}.", named)


def _dialogue(ask: str, answer: str, word: str) -> Dialogue:
    reply = Message("assistant", answer, expect=Expect("copy", (word,)))
    return Dialogue((Message("user", ask), reply))
