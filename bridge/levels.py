"""The values of a JSON document, level by level: most of the walk is C's, a tenth of the time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from bridge.protocol import Json


class Level(NamedTuple):
    """All values that are equally deep, and which of them hold others."""

    values: list[Json]
    maps: list[dict[str, Json]]
    lists: list[list[Json]]

    @property
    def below(self) -> int:
        """How many values the next level has."""
        return sum(map(len, self.maps)) + sum(map(len, self.lists))


def levels(document: Json) -> Iterator[Level]:
    """Yield the levels from the top down, each made when it is asked for; none is empty."""
    values = [document]
    while values:
        maps: list[dict[str, Json]] = [each for each in values if type(each) is dict]
        lists: list[list[Json]] = [each for each in values if type(each) is list]
        yield Level(values, maps, lists)
        values = [*chain.from_iterable(map(dict.values, maps)), *chain.from_iterable(lists)]
