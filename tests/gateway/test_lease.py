"""The lease: who counts as a client, and when the time is over."""

from __future__ import annotations

import asyncio
import os

import pytest

from bridge.gateway import lease as module
from bridge.gateway.lease import Lease, held_by_another


async def test_a_lease_ends_when_nobody_comes() -> None:
    async with asyncio.timeout(5):
        await Lease(0.05, lambda: 0).expiry()


async def test_a_running_request_holds_it_however_long() -> None:
    running = 1
    lease = Lease(0.05, lambda: running)
    expiry = asyncio.create_task(lease.expiry())
    done, _ = await asyncio.wait({expiry}, timeout=0.3)
    assert not done
    running = 0
    async with asyncio.timeout(5):
        await expiry


async def test_a_word_prolongs_it() -> None:
    lease = Lease(0.4, lambda: 0)
    begun = asyncio.get_running_loop().time()
    asyncio.get_running_loop().call_later(0.3, lease.touch)
    await lease.expiry()
    assert asyncio.get_running_loop().time() - begun >= 0.69


async def test_no_lease_lasts_for_ever_until_the_parent_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "FORSAKEN_SECONDS", 0.05)
    lease = Lease(0, lambda: 0)
    expiry = asyncio.create_task(lease.expiry())
    done, _ = await asyncio.wait({expiry}, timeout=0.3)
    assert not done
    lease.forsake()
    async with asyncio.timeout(5):
        await expiry


async def test_the_sleep_of_the_machine_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    jumps = iter([1.0, 3600.0, *[1.0] * 30])

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += next(jumps)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    await Lease(20, lambda: 0, lambda: now).expiry()
    assert now == 3621


async def test_an_open_connection_of_another_holds_a_sidecar() -> None:
    assert await held_by_another(os.getppid(), lambda: {1})
    assert not await held_by_another(os.getppid(), set)
