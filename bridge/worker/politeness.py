"""Let the worker's process come after the game, the gateway and everything else."""

from __future__ import annotations

import ctypes
import logging
import os
import platform
import struct
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from bridge.protocol import PaceMode

log = logging.getLogger("hearsay.worker")

NICENESS = 10
"""A tenth of the weight of an ordinary program; with less a model starves beside a full machine."""

LAST = 19
"""The least weight there is, a seventieth: for a session while others leave it room anyway."""

ROOM = 0.85
"""Others that use less than this part of the processors leave room."""

SLICE = 0.006
"""
Seconds for which our threads would like to go on once they run; Linux's own are 3 ms or less.

Since Linux 6.12 whoever wakes up with a shorter one goes before them at once. With slices that are
alike a game that wakes waits until the model's is over, and then for the next tick: 2.7 ms of 16.7
in one frame of a hundred, where it was 0.3.
"""

_SET_ATTRIBUTES = {"x86_64": 314, "aarch64": 274}
"""The number of `sched_setattr`, for which the C library has no name."""

_AUTOGROUP = Path("/proc/self/autogroup")
_TASKS = Path("/proc/self/task")


def follow(mode: PaceMode) -> None:
    """
    Take the priority that belongs to a pace, as far as the system lets it change.

    On Unix what was lowered cannot be raised again without rights: a worker that begins with
    `full` is as any other program until it is given another pace, and polite for good from then.
    Where Linux shares time by sessions (autogroup), niceness counts only within one: there the
    worker has a session of its own, which as a whole is nice, and can be raised; see `stand`.
    """
    if sys.platform == "win32":
        classes = {
            PaceMode.FULL: psutil.NORMAL_PRIORITY_CLASS,
            PaceMode.BALANCED: psutil.BELOW_NORMAL_PRIORITY_CLASS,
        }
        _take_class(classes.get(mode, psutil.IDLE_PRIORITY_CLASS))
    elif mode is not PaceMode.FULL:
        for thread in _threads():
            with suppress(OSError):  # It may have ended.
                niceness = max(os.getpriority(os.PRIO_PROCESS, thread), NICENESS)
                os.setpriority(os.PRIO_PROCESS, thread, niceness)
                _lengthen(thread, niceness)
        if os.access(_AUTOGROUP, os.W_OK):
            with suppress(OSError):  # It may have a session of its own already.
                os.setsid()
            _weigh(NICENESS)


def stand(mode: PaceMode, others: float) -> None:
    """
    Stand last of all while others, who use so many processors, leave room; else far behind.

    A game that rests between its frames must have the processors back when the next one begins,
    and nobody wants them in between: there the least weight costs no speed. Beside programs that
    never rest it would be a standstill. Only a session of our own can be raised again.
    """
    if sys.platform == "linux" and os.access(_AUTOGROUP, os.W_OK) and os.getsid(0) == os.getpid():
        if mode is PaceMode.FULL:
            _weigh(0)
        else:
            _weigh(LAST if others < ROOM * (os.cpu_count() or 1) else NICENESS)


def _lengthen(thread: int, niceness: int) -> None:
    """Ask Linux for long slices; an older one, or one without that call, leaves all as it is."""
    number = _SET_ATTRIBUTES.get(platform.machine())
    if sys.platform == "linux" and number is not None:
        # struct sched_attr: size, SCHED_OTHER, no flags, niceness, no priority, slice in ns.
        wish = struct.pack("=IIQiIQQQ", 48, 0, 0, niceness, 0, round(SLICE * 1e9), 0, 0)
        ctypes.CDLL(None).syscall(number, thread, wish, 0)


def _weigh(niceness: int) -> None:
    """Give our session a weight; who may not, because it was changed just now, tries again."""
    with suppress(OSError):
        if _AUTOGROUP.read_text(encoding="ascii").split()[-1:] != [str(niceness)]:
            _AUTOGROUP.write_text(str(niceness), encoding="ascii")


def _threads() -> list[int]:
    """Return whom to lower: on Linux each thread has a priority of its own, elsewhere all one."""
    return [int(each.name) for each in _TASKS.iterdir()] if sys.platform == "linux" else [0]


def _take_class(priority: int) -> None:
    try:
        psutil.Process().nice(priority)
    except (psutil.Error, OSError) as error:
        log.warning("the priority of the worker could not be changed: %s", error)
