"""A worker that is started before anybody knows what it will load: half of a start is imports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from bridge.processes import own_environment

_waiting: list[subprocess.Popen[bytes]] = []


def new_process() -> subprocess.Popen[bytes]:
    """Start a worker process; it waits for its instructions on its standard input."""
    return subprocess.Popen(
        [sys.executable, "-m", "bridge.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=own_environment(),
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )


def take_process() -> subprocess.Popen[bytes]:
    """Return the spare process, or a new one."""
    return _waiting.pop() if _waiting else new_process()


@contextmanager
def spare_worker() -> Iterator[None]:
    """Have a spare process from here on; it is ended after the block if nobody took it."""
    process = new_process()
    _waiting.append(process)
    try:
        yield
    finally:
        if process in _waiting:
            _waiting.remove(process)
            process.kill()
            process.communicate()
