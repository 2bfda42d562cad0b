"""Conversations whose tokens are known, so that their next turn meets the KV cache exactly."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass

from bridge.prefix import common_prefix

REMEMBERED = 256
"""How many conversations are kept; a long one costs some 50 KB."""


@dataclass(frozen=True, slots=True)
class Marks:
    """
    Places of a text where one of its tokens ends and whole code points have been spelled.

    The first `ends[i]` code points are the first `counts[i]` tokens. Ascending, never empty.
    """

    ends: array[int]
    counts: array[int]

    def until(self, end: int) -> Marks:
        """Return the marks that are not beyond the first `end` code points."""
        kept = bisect_right(self.ends, end)
        return Marks(self.ends[:kept], self.counts[:kept])

    def add(self, end: int, count: int) -> None:
        """Note one more place, unless it is known; none that is known lies behind it."""
        if not self.ends or end > self.ends[-1]:
            self.ends.append(end)
            self.counts.append(count)


@dataclass(frozen=True, slots=True)
class Known:
    """A text with its tokens, and where it may be cut."""

    text: str
    tokens: array[int]
    marks: Marks


class KnownTexts:
    """The texts that were read or written last, by the text itself."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._known: OrderedDict[str, Known] = OrderedDict()

    def get(self, text: str) -> Known | None:
        """Return what is known of exactly this text."""
        return self._known.get(text)

    def beginning(self, text: str) -> Known:
        """
        Return the longest known beginning of a text, cut where one of its tokens ends.

        So a reply that its player interrupted keeps the tokens of the part that was heard. Empty
        when nothing fits.
        """
        best, best_end = None, 0
        for known in self._known.values():
            first = known.marks.ends[0]
            if len(text) >= first and text.startswith(known.text[:first]):
                marks = known.marks.until(common_prefix(known.text, text))
                if marks.ends[-1] > best_end:
                    best, best_end = known, marks.ends[-1]
        if best is None:
            return Known("", array("i"), Marks(array("l"), array("l")))
        self._known.move_to_end(best.text)
        marks = best.marks.until(best_end)
        return Known(text[:best_end], best.tokens[: marks.counts[-1]], marks)

    def put(self, known: Known) -> None:
        """Keep a text; the one that was used longest ago is forgotten."""
        self._known[known.text] = known
        self._known.move_to_end(known.text)
        if len(self._known) > self._limit:
            self._known.popitem(last=False)
