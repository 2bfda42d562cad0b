"""The watch on a parent: it wakes when the parent ends, and only then."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import psutil
import pytest

from bridge.gateway import watch as module
from bridge.gateway.watch import parent_end

posix = pytest.mark.skipif(os.name != "posix", reason="Windows is asked in another way")


def another() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


@posix
async def test_a_parent_that_is_gone_at_the_start_is_noticed_at_once() -> None:
    async with asyncio.timeout(5):
        await parent_end(os.getppid() + 1)


@posix
async def test_a_living_parent_is_waited_for() -> None:
    waiting = asyncio.create_task(parent_end(os.getppid()))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


@posix
@pytest.mark.parametrize("descriptors", [True, False])
async def test_the_end_of_a_process_is_noticed(
    monkeypatch: pytest.MonkeyPatch, descriptors: bool
) -> None:
    other = another()
    monkeypatch.setattr(os, "getppid", lambda: other.pid)  # It plays our parent.
    monkeypatch.setattr(module, "POLL_SECONDS", 0.01)
    if not descriptors:
        monkeypatch.setattr(module, "_open_pidfd", lambda pid: None)
    waiting = asyncio.create_task(parent_end(other.pid))
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    other.kill()  # Not waited for yet: a parent may be a zombie for long.
    async with asyncio.timeout(5):
        await waiting
    other.communicate()


async def test_the_windows_way_notices_too() -> None:
    other = another()
    waiting = asyncio.create_task(module._windows_end(other.pid))
    other.communicate(b"\n")
    async with asyncio.timeout(5):
        await waiting


def test_a_process_that_may_not_be_looked_at_is_taken_to_live(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(self: psutil.Process) -> str:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "status", refuse)
    assert module._lives(os.getpid())
