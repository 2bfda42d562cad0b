"""From pieces to text: whole code points, and nothing that may be the start of a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextFlow:
    """
    Turns the pieces of one reply into text that may leave.

    Bytes that are not UTF-8 become U+FFFD. Text that could be the beginning of a stop string is
    held back until it is known not to be; at a stop string the flow is `stopped`, and what came
    before it is the last text.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stops = tuple(stops)
        self._held = ""
        self.stopped = False

    @property
    def whole(self) -> bool:
        """Whether no half code point is waiting for the rest of its bytes."""
        return not self._decoder.getstate()[0]

    def push(self, piece: bytes) -> str:
        """Return the text that may leave now that a token's bytes have come."""
        text = self._decoder.decode(piece)
        if not self._stops:
            return text
        self._held += text
        return self._release()

    def finish(self) -> str:
        """Return what was held back, when the reply ends for another reason than a stop string."""
        held, self._held = self._held, ""
        return held  # Half a code point has no text: it is dropped.

    def _release(self) -> str:
        found = [at for stop in self._stops if (at := self._held.find(stop)) >= 0]
        if found:
            text, self._held = self._held[: min(found)], ""
            self.stopped = True
            return text
        keep = max(_overlap(self._held, stop) for stop in self._stops)
        cut = len(self._held) - keep
        text, self._held = self._held[:cut], self._held[cut:]
        return text


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of `text` that is a beginning of `stop`."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
