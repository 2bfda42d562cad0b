"""How long a sidecar stays: while clients are there, and no longer."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable

import psutil

FORSAKEN_SECONDS = 5.0
"""
The lease of a sidecar without a parent, when it has none of its own.

A client whose connection broke has tried four times by then.
"""

SUSPENDED_SECONDS = 5.0
"""A clock that jumps so far while we sleep a second means that we could not run."""

GRACE_SECONDS = 0.2
"""How long after a parent's end its connections may still seem open."""


class Lease:
    """
    Counts the seconds without a client.

    A client is there while a request of its own runs, and `seconds` after its last one.
    """

    def __init__(
        self,
        seconds: float,
        running: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._running = running
        self._clock = clock
        self._touched = clock()

    def touch(self) -> None:
        """Note that a client has spoken."""
        self._touched = self._clock()

    def forsake(self) -> None:
        """The parent is gone: from now on the lease decides, even if there was none."""
        self._seconds = self._seconds or FORSAKEN_SECONDS
        self.touch()

    async def expiry(self) -> None:
        """Return when no client has been there for the time of the lease."""
        looked = self._clock()
        while True:
            # After a sleep of the whole machine the clients need a moment too.
            if self._running() or self._clock() - looked > SUSPENDED_SECONDS:
                self.touch()
            looked = self._clock()
            left = self._touched + self._seconds - looked
            if self._seconds and left <= 0:
                return
            await asyncio.sleep(min(max(left, 0.05), 1.0))


async def held_by_another(parent: int, peers: Callable[[], set[int]]) -> bool:
    """
    Return whether a client other than the parent has a connection open.

    `peers` returns the ports at the other ends of the open connections. A parent that lives on
    but closed our standard input may still hold some; those do not count.
    """
    await asyncio.sleep(GRACE_SECONDS)
    return bool(peers() - _ports_of(parent))


def _ports_of(pid: int) -> set[int]:
    if pid <= 1 or pid == os.getpid():
        return set()
    with contextlib.suppress(psutil.Error, OSError):
        connections = psutil.Process(pid).net_connections(kind="tcp")
        ends = [connection.laddr[1:] for connection in connections]
        return {int(port) for end in ends for port in end}
    return set()
