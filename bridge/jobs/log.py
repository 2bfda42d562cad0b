"""A text that grows, and is read from any place."""

from __future__ import annotations

import sys
from bisect import bisect_left, bisect_right

JOIN_PIECES = 512
"""So many small pieces are joined into one: a long reply costs little more than its text."""


class TextLog:
    """A text in pieces. Offsets count code points from its beginning."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._ends: list[int] = []
        self._joined = 0  # Pieces before this one are joined already, and are not again.

    @property
    def end(self) -> int:
        """The offset where the text ends so far."""
        return self._ends[-1] if self._ends else 0

    @property
    def text(self) -> str:
        """Everything written so far."""
        return "".join(self._pieces)

    def write(self, text: str) -> None:
        """Append text."""
        if text:
            self._ends.append(self.end + len(text))
            self._pieces.append(text)
            if len(self._pieces) - self._joined >= JOIN_PIECES:
                self._join()

    def read(self, offset: int, most: int = sys.maxsize) -> str:
        """Return the text from an offset on, joined, and no more of it than `most`."""
        if offset >= self.end:
            return ""
        first = bisect_right(self._ends, offset)
        last = bisect_left(self._ends, offset + most, first) + 1
        begin = offset - self._ends[first] + len(self._pieces[first])
        return "".join(self._pieces[first:last])[begin : begin + most]

    def _join(self) -> None:
        self._pieces[self._joined :] = ["".join(self._pieces[self._joined :])]
        self._ends[self._joined :] = self._ends[-1:]
        self._joined += 1
