"""Why a process should end: signals for all, parent and lease for a sidecar."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable
from types import FrameType

from bridge.gateway.lease import Lease, held_by_another
from bridge.gateway.watch import parent_end, watch_stdin

log = logging.getLogger(__name__)


def take_signals(loop: asyncio.AbstractEventLoop, end: Callable[[str], None]) -> None:
    """Call `end` in the loop at the first signal; the second ends the process at once."""
    asked = False

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            os._exit(128 + number)  # The workers see the end of their standard input.
        asked = True
        loop.call_soon_threadsafe(end, signal.Signals(number).name)

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):  # No system has all of them.
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), handle)


async def sidecar_end(parent: int, lease: Lease, peers: Callable[[], set[int]]) -> str:
    """
    Return why a sidecar should end, when it should.

    It ends with its parent unless another client holds a connection, and when the lease is over.
    """
    forsaken = asyncio.Event()
    watch_stdin(asyncio.get_running_loop(), forsaken.set)
    watching = asyncio.create_task(parent_end(parent))
    watching.add_done_callback(lambda _: forsaken.set())
    leaving = asyncio.create_task(forsaken.wait())
    expiry = asyncio.create_task(lease.expiry())
    try:
        await asyncio.wait({leaving, expiry}, return_when=asyncio.FIRST_COMPLETED)
        if not expiry.done():
            if not await held_by_another(parent, peers):
                return "the parent is gone"
            log.info("the parent is gone, but another client is there")
            lease.forsake()
            await expiry
        return "no client has been there for the time of the lease"
    finally:
        for task in (watching, leaving, expiry):
            task.cancel()
