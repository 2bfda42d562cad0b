"""A worker process as the gateway holds it, in the moments when it is gone and nobody knows."""

from __future__ import annotations

import os
import signal
import threading

from bridge.worker.child import Child
from bridge.worker.messages import Cancel, Ready, Report
from tests.worker.gateway import options

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)
PATIENCE_SECONDS = 30.0


def test_a_command_to_a_worker_that_was_killed_blocks_nobody() -> None:
    ready, ended = threading.Event(), threading.Event()

    def on_report(epoch: int, report: Report) -> None:
        if isinstance(report, Ready):
            ready.set()

    child = Child(options(), 1, safe=None, on_report=on_report, on_exit=lambda _: ended.set())
    assert ready.wait(PATIENCE_SECONDS)
    assert child.send(Cancel("nobody's"))
    os.kill(child.pid, KILL)
    assert ended.wait(PATIENCE_SECONDS)

    def send() -> None:  # Commands are taken until ZeroMQ has seen that nobody is there.
        while child.send(Cancel("nobody's")) is not False:
            pass

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    sender.join(PATIENCE_SECONDS)
    assert not sender.is_alive()
    child.close()
    assert not child.send(Cancel("nobody's"))
