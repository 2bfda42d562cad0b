"""One sidecar for all who ask for the same: the first tells the others where it is."""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from bridge.gateway import StartError
from bridge.gateway.owner import is_hearsay

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE_SECONDS = 10.0
"""How long one that starts or ends may take; then we do without sharing."""

POLL_SECONDS = 0.05
MAX_BYTES = 1 << 16


class Share:
    """
    A file with a sidecar's ready line, which only its user can read.

    Whoever holds the lock beside it is the one; the operating system takes the lock back however
    a process ends, so no file of a dead sidecar is ever believed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def take(self) -> Mapping[str, object] | None:
        """
        Become the one who is shared, or return the ready line of the one who is.

        When another is neither there nor gone for a long time, nothing is shared. Raises
        StartError when the file's folder cannot be written to.
        """
        end = time.monotonic() + PATIENCE_SECONDS
        while not self._locked():
            if line := read(self.path):
                return line
            if time.monotonic() > end:
                return None
            time.sleep(POLL_SECONDS)  # Nobody tells us when the other is ready.
        with suppress(FileNotFoundError):
            self.path.unlink()  # It was a dead one's.
        return None

    def publish(self, line: bytes) -> None:
        """Write the file, whole or not at all; raises StartError when that cannot be."""
        if self._lock is None:
            return
        new = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        try:
            with suppress(FileNotFoundError):
                new.unlink()
            descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(line)
            new.replace(self.path)
        except OSError as error:
            raise _unusable(self.path, error) from error

    def release(self) -> None:
        """Tell nobody of us any more; the next one may begin."""
        if self._lock is not None:
            with suppress(OSError):
                self.path.unlink()
            os.close(self._lock)
            self._lock = None

    def _locked(self) -> bool:
        lock = self.path.with_name(f"{self.path.name}.lock")
        try:
            lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise _unusable(self.path, error) from error
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._lock = descriptor
        return True


def read(path: Path) -> Mapping[str, object] | None:
    """Return the ready line in a file if its sidecar answers; None for any other file."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            line = json.loads(file.read(MAX_BYTES))
        private = os.name != "posix" or not stat.S_IMODE(mode) & 0o077
        if private and is_hearsay(int(line["port"])):
            return {**line, "shared": True}
    return None


def _lock(descriptor: int) -> None:
    """Take the lock without waiting; raises OSError when another process has it."""
    if sys.platform == "win32":
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _unusable(path: Path, error: OSError) -> StartError:
    return StartError(f"The share file {path} cannot be made: {error.strerror}; check --share.")
