"""How fast this model reads on this machine, as measured so far."""

from __future__ import annotations

from collections import deque

LEAST_ROWS = 16
"""Smaller batches say more about a step's fixed costs than about reading."""

REMEMBERED = 16


class Speed:
    """
    The best of the last steps that read prompts.

    An estimate made of it is what reading takes at least, while nothing else disturbs: whoever
    cannot make it by that cannot make it at all.
    """

    def __init__(self) -> None:
        self._rates: deque[float] = deque(maxlen=REMEMBERED)

    def note(self, rows: int, seconds: float) -> None:
        """Take in a step that decoded so many rows."""
        if rows >= LEAST_ROWS and seconds > 0:
            self._rates.append(rows / seconds)

    def least_seconds(self, tokens: int) -> float:
        """Return how long reading takes at least; 0 before anything was measured."""
        return tokens / max(self._rates) if self._rates else 0.0
