"""Let the worker's process come after the game, the gateway and everything else."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from pathlib import Path

import psutil

from bridge.protocol import PaceMode

log = logging.getLogger("hearsay.worker")

NICENESS = 10
"""A tenth of the weight of an ordinary program; 19 would starve beside an uncapped game."""

_AUTOGROUP = Path("/proc/self/autogroup")
_TASKS = Path("/proc/self/task")


def follow(mode: PaceMode) -> None:
    """
    Take the priority that belongs to a pace, as far as the system lets it change.

    On Unix what was lowered cannot be raised again without rights: a worker that begins with
    `full` is as any other program until it is given another pace, and polite for good from then.
    """
    if sys.platform == "win32":
        _take_class(mode)
    elif mode is not PaceMode.FULL:
        _stand_back()


def _stand_back() -> None:
    """
    Lower the priority of every thread of this process.

    Where Linux shares time by sessions (autogroup), niceness counts only within one: there the
    worker has a session of its own, which as a whole is nice.
    """
    if sys.platform != "win32":
        for thread in _threads():
            with suppress(OSError):  # It may have ended.
                if os.getpriority(os.PRIO_PROCESS, thread) < NICENESS:
                    os.setpriority(os.PRIO_PROCESS, thread, NICENESS)
        if os.access(_AUTOGROUP, os.W_OK):
            with suppress(OSError):
                os.setsid()
                _AUTOGROUP.write_text(str(NICENESS), encoding="ascii")


def _threads() -> list[int]:
    """Return whom to lower: on Linux each thread has a priority of its own, elsewhere all one."""
    return [int(each.name) for each in _TASKS.iterdir()] if sys.platform == "linux" else [0]


def _take_class(mode: PaceMode) -> None:
    if sys.platform == "win32":
        classes = {
            PaceMode.FULL: psutil.NORMAL_PRIORITY_CLASS,
            PaceMode.BALANCED: psutil.BELOW_NORMAL_PRIORITY_CLASS,
        }
        try:
            psutil.Process().nice(classes.get(mode, psutil.IDLE_PRIORITY_CLASS))
        except (psutil.Error, OSError) as error:
            log.warning("the priority of the worker could not be changed: %s", error)
