"""A pseudo-terminal with a command on it."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.gateway.children import COMMAND, PATIENCE_SECONDS, environment

CTRL_C = "\x03"
CTRL_D = "\x04"

TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """What a person sees and types."""

    def __init__(self, descriptor: int, process: subprocess.Popen[bytes]) -> None:
        self._descriptor = descriptor
        self.process = process
        self.seen = ""

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._descriptor, keys.encode())

    def wait_for(self, text: str, after: int = 0) -> int:
        """Wait until `text` is seen beyond a position; returns the position behind it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (at := self.seen.find(text, after)) < 0:
            assert time.monotonic() < end, f"waited for {text!r}, saw {self.seen!r}"
            assert self.read(), f"ended before {text!r}, saw {self.seen!r}"
        return at + len(text)

    def press_until(self, key: str, text: str, after: int) -> int:
        """Press a key, and again after each second in which `text` was not seen beyond `after`."""
        end = time.monotonic() + PATIENCE_SECONDS
        pressed = 0.0
        while (at := self.seen.find(text, after)) < 0:
            assert time.monotonic() < end, f"waited for {text!r}, saw {self.seen!r}"
            if time.monotonic() > pressed + 1:
                pressed = time.monotonic()
                self.type(key)
            assert self.read(), f"ended before {text!r}, saw {self.seen!r}"
        return at + len(text)

    def read(self) -> bool:
        """Take in what is there, waiting a moment for it; False at the end."""
        if select.select([self._descriptor], [], [], 0.1)[0]:
            data = b""
            with suppress(OSError):  # A terminal whose program has ended is an error on Linux.
                data = os.read(self._descriptor, 1 << 16)
            self.seen += data.decode("utf-8", "replace")
            return bool(data)
        return True

    def end(self, key: str = "") -> int:
        """Wait for the command's end, pressing a key each second; returns its exit code."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        pressed = 0.0
        while self.process.poll() is None and time.monotonic() < deadline:
            if key and time.monotonic() > pressed + 1:
                pressed = time.monotonic()
                with suppress(OSError):  # It may have ended just now.
                    self.type(key)
            self.read()
        return self.process.wait(0)


@contextmanager
def terminal(home: Path, *arguments: str, **settings: str) -> Iterator[Terminal]:
    """Run a command on a terminal of its own; Ctrl-C there reaches its whole group."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, *COMMAND, *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(home, TERM="xterm", **settings),
        cwd=home,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
