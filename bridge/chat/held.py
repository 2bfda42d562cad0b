"""Text that is held back until it is known what it is."""

from __future__ import annotations

from enum import Enum, auto
from typing import NamedTuple


class Kind(Enum):
    """What a piece of a reply is."""

    TEXT = auto()
    REASONING = auto()
    CALL = auto()
    """A call begins; the text is the tool's name."""
    ARGUMENTS = auto()
    """More of the latest call's arguments."""
    NOTHING = auto()
    """Tags, and the space around them."""


class Piece(NamedTuple):
    """A piece of a reply; `end` is how much of what was written is decided with it."""

    kind: Kind
    text: str
    end: int


class Held:
    """What was written and is not decided, and the pieces that were decided since the last time."""

    def __init__(self) -> None:
        self._buffer = ""
        self._end = 0
        self._pieces: list[Piece] = []

    def _take(self, count: int, kind: Kind) -> None:
        """Decide what the next characters of the buffer are."""
        text, self._buffer = self._buffer[:count], self._buffer[count:]
        self._end += len(text)
        if text:
            self._pieces.append(Piece(kind, text, self._end))

    def _take_stripped(self, count: int, kind: Kind) -> int:
        """The same, but leave the space before `count` where it is; return how many were taken."""
        length = len(self._buffer[:count].rstrip())
        self._take(length, kind)
        return length

    def _say(self, kind: Kind, text: str) -> None:
        """Tell what is not written in these words."""
        self._pieces.append(Piece(kind, text, self._end))

    def _drain(self) -> list[Piece]:
        pieces, self._pieces = self._pieces, []
        return pieces


def overlap(text: str, tag: str) -> int:
    """Return the length of the longest end of `text` that is a beginning of `tag`."""
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if text.endswith(tag[:length]):
            return length
    return 0
