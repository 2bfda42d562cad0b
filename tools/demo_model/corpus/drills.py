"""Exercises in copying and looking up, so that a small model learns both early."""

from __future__ import annotations

from random import Random

from tools.demo_model.corpus import names
from tools.demo_model.corpus.dialogue import Dialogue, Expect, Message
from tools.demo_model.corpus.words import TABLES


def drill(random: Random, held_out: bool = False) -> Dialogue:
    """Return one exercise."""
    return random.choice((_repeat,) * 5 + (_look_up, _reverse_look_up))(random, held_out)


def _name(random: Random, held_out: bool) -> str:
    return random.choice((names.person, names.person, names.place))(random, held_out)


def _thing(random: Random) -> str:
    return random.choice(TABLES[random.choice(("thing", "treasure", "trade", "creature", "beast"))])


def _repeat(random: Random, held_out: bool) -> Dialogue:
    parts = [
        _name(random, held_out) if random.random() < 0.6 else _thing(random)
        for _ in range(random.choice((1, 2, 4, 8, 12)))
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


def _dialogue(ask: str, answer: str, word: str) -> Dialogue:
    reply = Message("assistant", answer, expect=Expect("copy", (word,)))
    return Dialogue((Message("user", ask), reply))
