"""How much of the machine other programs use."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

LOOK_SECONDS = 0.1
"""How often it is worth looking; a look costs a tenth of a millisecond."""


class Contention:
    """
    Measures how many cores others have kept busy, from one look to the next.

    What this process itself used is taken off. Programs that wait for nothing but our own text
    count as others too. `total` and `own` count busy seconds of all cores and of this process.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        total: Callable[[], float] | None = None,
        own: Callable[[], float] = time.process_time,
    ) -> None:
        self._clock = clock
        self._total = total or busy_seconds
        self._own = own
        self._looked_at = clock()
        self._others = self._total() - own()

    def look(self) -> float | None:
        """Return how many cores others used since the last look; None when that was just now."""
        now = self._clock()
        elapsed = now - self._looked_at
        if elapsed < LOOK_SECONDS:
            return None
        before, self._others = self._others, self._total() - self._own()
        self._looked_at = now
        return max((self._others - before) / elapsed, 0.0)


def busy_seconds() -> float:
    """Return the seconds that all cores together have been busy since the machine's start."""
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    # A guest's time is within the user's already.
    return sum(times) - idle - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)
