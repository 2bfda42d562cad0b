"""What a sidecar costs that nobody speaks with: processor time and memory."""

from __future__ import annotations

import time

from tools.bench.figures import Figure, Goal
from tools.bench.servers import Server, processor_seconds

SETTLE_SECONDS = 2.0
"""After the last reply, before the clock starts: caches are written, timers run out."""


def idle_figures(server: Server, seconds: float) -> list[Figure]:
    """Watch an idle server for so many seconds; the server must be Hearsay."""
    time.sleep(SETTLE_SECONDS)
    family, gateway = server.family(), server.gateway()
    started = time.perf_counter()
    before = [processor_seconds(each) for each in family]
    time.sleep(seconds)
    after = [processor_seconds(each) for each in family]
    passed = time.perf_counter() - started
    shares = {
        each.pid: (later - earlier) / passed * 100
        for each, earlier, later in zip(family, before, after, strict=True)
    }
    memory = gateway.memory_full_info()
    return [
        Figure(
            name="idle sidecar, gateway and worker",
            value=sum(shares.values()),
            unit="% of a core",
            goal=Goal(below=1),
            spread=f"gateway {shares[gateway.pid]:.2f} %, over {passed:.0f} s",
        ),
        _megabytes("gateway's memory, resident", memory.rss, Goal(below=80)),
        _megabytes("gateway's memory, its own alone", memory.uss, None),
    ]


def _megabytes(name: str, size: int, goal: Goal | None) -> Figure:
    return Figure(name=name, value=size / 1e6, unit="MB", goal=goal)
