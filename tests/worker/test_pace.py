"""A real worker process keeps the pace that it is told."""

from __future__ import annotations

import pytest

from bridge.protocol import FinishReason, Pace, PaceMode
from bridge.worker import rest, supervisor
from tests.worker.gateway import Gateway

PAUSED, FULL = Pace(PaceMode.PAUSED), Pace(PaceMode.FULL)


async def test_a_paused_worker_writes_nothing_until_it_may_and_does_not_hang(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(supervisor, "TICK_SECONDS", 0.5)
    ticks = 0
    tick = supervisor.Supervisor._tick

    def count(self: supervisor.Supervisor) -> None:
        nonlocal ticks
        ticks += 1
        gateway._wake()
        tick(self)

    monkeypatch.setattr(supervisor.Supervisor, "_tick", count)
    async with Gateway(pace=PaceMode.PAUSED, silence_seconds=round(rest.SIGN_OF_LIFE)) as gateway:
        gateway.submit("a", max_tokens=3)
        await gateway.until(lambda: ticks >= 3)
        assert gateway.ids("a") == []
        gateway.supervisor.pace(FULL)
        await gateway.all_over()
        assert len(gateway.ids("a")) == 3
        assert gateway.supervisor.restarts == 0


async def test_a_job_can_be_cancelled_while_nothing_is_done() -> None:
    async with Gateway(pace=PaceMode.PAUSED) as gateway:
        gateway.submit("a")
        await gateway.until(lambda: gateway.outputs["a"])
        gateway.supervisor.cancel("a")
        await gateway.all_over()
        assert gateway.finished("a")[0].reason is FinishReason.CANCELLED


async def test_a_pace_outlives_the_worker_and_can_be_taken_back() -> None:
    async with Gateway() as gateway:
        await gateway.supervisor.wait_ready()
        gateway.supervisor.pace(PAUSED)
        assert gateway.supervisor._child
        gateway.supervisor._child.kill()
        await gateway.until(lambda: gateway.supervisor.restarts == 1)
        await gateway.supervisor.wait_ready()
        gateway.submit("a", max_tokens=3)
        await gateway.until(lambda: gateway.outputs["a"])
        assert gateway.ids("a") == []
        gateway.supervisor.pace(None)
        await gateway.all_over()
        assert len(gateway.ids("a")) == 3
