"""A sidecar of our own: a child process that ends with this program, however that ends."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO, cast

from bridge.client.errors import ConnectionLostError
from bridge.processes import own_environment, own_words

END_SECONDS = 5.0
"""How long a sidecar may take to end; then it is killed."""

LEAVE_SECONDS = 1.0
"""How long to see whether one that may be shared ends: by then it does, if nobody else is there."""

_left: list[subprocess.Popen[bytes]] = []
"""Those that were left to others."""


class Sidecar:
    """
    A running `hearsay serve --sidecar`.

    It ends when its standard input does, and we hold the other end: a program that is killed
    lets go of it like one that leaves. Not to be used from several threads at once.
    """

    def __init__(
        self, process: subprocess.Popen[bytes], ready: Mapping[str, object], *, may_stay: bool
    ) -> None:
        """`may_stay`: others may use it, and it goes on while they do."""
        self.url = str(ready["url"])
        self.token = str(ready["token"])
        self.models = cast(list[str], ready["models"])
        self.log_file = str(ready["log"])
        self.pid = cast(int, ready["pid"])
        self.shared = bool(ready.get("shared"))
        """Whether `--share` found one that runs; it is another's, and ends when all have left."""
        self._process = process
        self._may_stay = may_stay

    @classmethod
    def start(
        cls,
        models: Sequence[str] = (),
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Sidecar:
        """
        Start one and wait for its ready line; models load meanwhile.

        `models` are ids or paths, `arguments` more words for `hearsay serve`, `environment` is
        added to our own. Raises ConnectionLostError when it does not start.
        """
        environment = {**own_environment(), **(environment or {})}
        may_stay = bool(environment.get("HEARSAY_SHARE")) or any(
            word.partition("=")[0] == "--share" for word in arguments
        )
        named = [word for model in models for word in ("--model", model)]
        try:
            words = own_words()
        except FileNotFoundError as error:
            raise ConnectionLostError(str(error)) from None
        process = subprocess.Popen(
            [*words, "serve", "--sidecar", *named, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
            # Ctrl-C at the terminal is for us; the sidecar ends with its standard input.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        try:
            line = cast(IO[bytes], process.stdout).readline()
        except BaseException:  # Ctrl-C: nobody would end it.
            _end(process)
            raise
        try:
            return cls(process, json.loads(line), may_stay=may_stay)
        except (ValueError, KeyError, TypeError) as error:
            why = cast(IO[bytes], process.stderr).read().decode("utf-8", "replace").strip()
            _end(process)
            why = why.rpartition("hearsay: ")[2] or "it said nothing."
            message = f"The sidecar did not start: {why}"
            raise ConnectionLostError(message) from error

    def when_ended(self, tell: Callable[[], None]) -> None:
        """Call `tell` in a thread of its own when the process has ended; not of a shared one."""
        if self.shared:
            return

        def wait() -> None:
            # Its standard output ends with it; waiting for the process itself is `stop`'s.
            with suppress(OSError, ValueError):
                cast(IO[bytes], self._process.stdout).read()
            tell()

        self._watching = threading.Thread(target=wait, name="sidecar", daemon=True)
        self._watching.start()

    def stop(self) -> None:
        """End it and wait for that, at most a few seconds; one that others use goes on."""
        _end(self._process, kills=not self._may_stay)


def _end(process: subprocess.Popen[bytes], *, kills: bool = True) -> None:
    with suppress(OSError):
        cast(IO[bytes], process.stdin).close()
    try:
        process.wait(END_SECONDS if kills else LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        if not kills:
            _left.append(process)  # Its pipes stay open, for it may still have something to say.
            return
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        cast(IO[bytes], pipe).close()
