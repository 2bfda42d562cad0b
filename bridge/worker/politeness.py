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


def be_polite() -> None:
    """
    Lower this process's priority for good, before it has threads.

    On Unix what was lowered cannot be raised again without rights, so it is the same for every
    pace. Where Linux shares time by sessions (autogroup), niceness counts only within one: there
    the worker has a session of its own, which as a whole is nice.
    """
    if sys.platform != "win32":  # Its classes can be changed at any time: see `follow`.
        with suppress(OSError):
            os.nice(max(NICENESS - os.nice(0), 0))  # It may have been made nice before.
        if os.access(_AUTOGROUP, os.W_OK):
            with suppress(OSError):
                os.setsid()
                _AUTOGROUP.write_text(str(NICENESS), encoding="ascii")


def follow(mode: PaceMode) -> None:
    """Take the priority class that belongs to a pace, where the system lets it change."""
    if sys.platform == "win32":
        classes = {
            PaceMode.FULL: psutil.NORMAL_PRIORITY_CLASS,
            PaceMode.BALANCED: psutil.BELOW_NORMAL_PRIORITY_CLASS,
        }
        try:
            psutil.Process().nice(classes.get(mode, psutil.IDLE_PRIORITY_CLASS))
        except (psutil.Error, OSError) as error:
            log.warning("the priority of the worker could not be changed: %s", error)
