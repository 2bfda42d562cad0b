"""What can go wrong during set-up, and what a person can do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TAIL_LINES = 25

_FULL = re.compile(r"No space left on device|not enough space|os error (28|112)")
_OFFLINE = re.compile(
    r"name resolution|Name or service not known|nodename nor servname|getaddrinfo failed|dns error"
    r"|Failed to establish a new connection|error sending request|Could not connect"
    r"|Network is unreachable|ConnectTimeout|Connection refused"
)
_CHANGED = re.compile(r"DO NOT MATCH THE HASHES|Hash mismatch")
_NO_MEMORY = re.compile(r"out of memory|Killed signal terminated|Cannot allocate memory")

_ADVICE = {
    _FULL: "The disk is full: free 2 GB, here and in the temporary folder, and run this again.",
    _OFFLINE: "The package registry cannot be reached: check the connection and run this again. "
    "What was downloaded and built is kept.",
    _CHANGED: "A downloaded file is not the one that was locked: something on the way changed it.",
    _NO_MEMORY: "Memory ran out: close something big, or set CMAKE_BUILD_PARALLEL_LEVEL=1.",
}


class SetupFailed(Exception):  # noqa: N818 - it reads as what happened
    """Set-up cannot go on; the message says what to do."""


def explain(what: str, output: str, log: Path) -> SetupFailed:
    """Make the failure of a command readable: its last lines, the likely cure, the whole log."""
    tail = "\n".join(f"    {line}" for line in output.splitlines()[-TAIL_LINES:])
    cures = (advice for pattern, advice in _ADVICE.items() if pattern.search(output))
    cure = next(cures, "The lines above say why.")
    return SetupFailed(f"{what} failed:\n\n{tail}\n\n{cure}\nThe whole log: {log}")
