"""Turn patterns such as `I am {name}, [your|the] {trade}.` into sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random

from tools.demo_model.corpus import names, words

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIOU])")
_SENTENCE_START = re.compile(r"(^|[.!?] )([a-z])")
_ATTEMPTS = 40


class Scene:
    """
    The facts of one dialogue: a slot, once drawn, keeps its value.

    A slot is a fact given at the start (`name`, `place`, …) or drawn from the word tables;
    `creature_2` is a second creature. With `held_out`, people and towns are names that
    training never sees, and questions use wordings that training never sees.
    """

    def __init__(self, random: Random, held_out: bool = False) -> None:
        self.random = random
        self.held_out = held_out
        self._facts: dict[str, str] = {}

    def __contains__(self, slot: str) -> bool:
        return slot in self._facts

    def __getitem__(self, slot: str) -> str:
        if slot not in self._facts:
            self._facts[slot] = self._draw(slot)
        return self._facts[slot]

    def __setitem__(self, slot: str, value: str) -> None:
        self._facts[slot] = value

    def forget(self, *slots: str) -> None:
        """Draw these slots anew when they are needed again."""
        for slot in slots:
            self._facts.pop(slot, None)

    def update(self, facts: Mapping[str, str]) -> None:
        """Set several facts at once."""
        self._facts.update(facts)

    def knows(self, pattern: str) -> bool:
        """Whether every slot of a pattern without choices is known or can be drawn."""
        return all(
            slot in self._facts or _table(slot) is not None for slot in _SLOT.findall(pattern)
        )

    def say(self, patterns: str | Sequence[str]) -> str:
        """Return sentences made from one of the patterns that this scene has facts for."""
        text = self.phrase(patterns)
        return _SENTENCE_START.sub(lambda match: match[1] + match[2].upper(), text)

    def phrase(self, patterns: str | Sequence[str]) -> str:
        """Return the same as `say`, but as a part of a sentence: without a capital letter."""
        for _ in range(_ATTEMPTS):
            chosen = patterns if isinstance(patterns, str) else self.random.choice(patterns)
            while "[" in chosen:
                chosen = _CHOICE.sub(self._choose, chosen)
            if self.knows(chosen):
                text = _SLOT.sub(lambda match: self[match[1]], chosen).strip()
                return _ARTICLE.sub(r"\1n ", text)
        raise LookupError(f"no pattern fits this scene: {patterns!r}")

    def fits(self, patterns: Iterable[str]) -> bool:
        """Whether some pattern can be said here, its choices aside."""
        return any(self.knows(_CHOICE.sub("", pattern)) for pattern in patterns)

    def number(self, low: int, high: int) -> str:
        """Return a whole number as digits."""
        return str(self.random.randint(low, high))

    def _choose(self, match: re.Match[str]) -> str:
        return str(self.random.choice(match[1].split("|")))

    def _draw(self, slot: str) -> str:
        table = _table(slot)
        if table is None:
            raise LookupError(f"unknown slot: {slot}")
        for _ in range(_ATTEMPTS):
            value = table(self.random, self.held_out)
            if value not in self._facts.values():
                return value
        return table(self.random, self.held_out)


_NAMES: dict[str, Callable[[Random, bool], str]] = {"person": names.person, "town": names.place}
_NUMBERS = {"number": range(2, 100), "coins": range(2, 31)}
_Table = Callable[[Random, bool], str]


def _table(slot: str) -> _Table | None:
    base = slot.rstrip("0123456789").rstrip("_")
    if base in _NAMES:
        return _NAMES[base]
    entries = _NUMBERS.get(base) or words.TABLES.get(base)
    if entries is None:
        return None

    def draw(random: Random, held_out: bool) -> str:  # noqa: ARG001 - words are never held out
        return str(random.choice(entries))

    return draw
