"""A sidecar's eyes on its parent: the end of standard input, and the end of the process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import threading
from collections.abc import Callable

import psutil

POLL_SECONDS = 0.5
STDIN = 0


def watch_stdin(loop: asyncio.AbstractEventLoop, ended: Callable[[], None]) -> None:
    """Call `ended` in the loop when standard input ends; what comes on it is ignored."""
    if sys.stdin is None:  # A Windows program without a console may have been given none.
        return

    def read() -> None:
        with contextlib.suppress(OSError):
            # os.read takes no lock that would be missing when the interpreter ends.
            while os.read(STDIN, 4096):
                pass
        with contextlib.suppress(RuntimeError):  # The loop may be closed by now.
            loop.call_soon_threadsafe(ended)

    threading.Thread(target=read, name="stdin", daemon=True).start()


async def parent_end(parent: int) -> None:
    """
    Return when the process `parent` has ended, at once if it is gone already.

    `parent` is what `os.getppid` said at our start: an id that was taken by a later process
    is told from it.
    """
    if os.name == "posix" and os.getppid() != parent:
        return
    if sys.platform == "win32":
        await _windows_end(parent)
    elif sys.platform == "linux" and (descriptor := _open_pidfd(parent)) is not None:
        await _pidfd_end(descriptor, parent)
    else:
        await _polled_end(parent)


def _open_pidfd(pid: int) -> int | None:
    if sys.platform != "linux":
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:  # An old kernel, or a sandbox that forbids the call.
        return None


async def _pidfd_end(descriptor: int, parent: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        # It may have ended, and its id been taken, before the descriptor was opened.
        if os.getppid() == parent:
            await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def _polled_end(parent: int) -> None:
    while os.getppid() == parent and _lives(parent):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)  # Nothing tells of a process that is not our child.


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


async def _windows_end(parent: int) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def wait() -> None:
        # psutil holds a handle, so the id cannot be taken by another process meanwhile.
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(parent).wait()
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait, name="parent", daemon=True).start()
    await ended.wait()
