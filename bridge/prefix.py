"""How far two lines of tokens, or two texts, are the same."""

from __future__ import annotations

from typing import TypeVar

_Line = TypeVar("_Line", list[int], str)


def common_prefix(left: _Line, right: _Line) -> int:
    """Return how many first items two lines share, by comparing slices (the loop is in C)."""
    low, high = 0, min(len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low + 1 < high:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low
