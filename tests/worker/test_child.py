"""A worker process as the gateway holds it, in the moments when it is gone and nobody knows."""

from __future__ import annotations

import asyncio
import os
import signal

from bridge.worker.child import Child
from bridge.worker.messages import Cancel, Ready, Report
from tests.worker.gateway import options

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
PATIENCE_SECONDS = 30.0


async def test_a_command_to_a_worker_that_was_killed_blocks_nobody() -> None:
    ready, ended = asyncio.Event(), asyncio.Event()

    def on_report(report: Report) -> None:
        if isinstance(report, Ready):
            ready.set()

    child = Child(options(), safe=None, on_report=on_report, on_exit=lambda _: ended.set())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await ready.wait()
        assert child.send(Cancel("nobody's"))
        os.kill(child.pid, KILL)
        await ended.wait()
        await asyncio.to_thread(_send_until_it_is_known, child)
        await asyncio.to_thread(child.close)
    assert not child.send(Cancel("nobody's"))


def _send_until_it_is_known(child: Child) -> None:
    while child.send(Cancel("nobody's")):  # Until the writer has found that nobody reads.
        pass
