"""A worker process as the gateway holds it: its birth, its pipes, its end."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from bridge.worker.link import Ear, Frames, Outbox
from bridge.worker.messages import Command, Report, pack
from bridge.worker.options import Birth, WorkerOptions
from bridge.worker.spare import take_process

log = logging.getLogger("hearsay.worker")

_PATIENCE_SECONDS = 1.0


class Child:
    """
    One run of a worker process; made on the event loop, where its callbacks are called too.

    `on_report(report)` hears what the worker says, `on_exit(code)` that it is gone and nobody
    had asked it to. The process ends when its standard input does: so it ends when the gateway
    does, however that happens.
    """

    def __init__(
        self,
        options: WorkerOptions,
        *,
        safe: str | None,
        on_report: Callable[[Report], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._frames: Frames[Report] = Frames(Report)
        self._on_report = on_report
        self._on_exit = on_exit
        self._words: deque[str] = deque(maxlen=5)
        self._leaving = threading.Event()
        self._keeping = options.keep_seconds
        self._process = take_process()
        pipes = (self._process.stdin, self._process.stdout, self._process.stderr)
        commands, reports, self._output = (cast(IO[bytes], pipe) for pipe in pipes)
        self._outbox = Outbox(commands)
        self._outbox.send(Birth(options=options, safe=safe).encode())
        self._ear = Ear(reports, self._hear)
        self._threads = [
            threading.Thread(target=work, name=f"hearsay-{work.__name__}", daemon=True)
            for work in (self._read_words, self._wait)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def last_words(self) -> str:
        """The end of what the process wrote to its standard error."""
        return " | ".join(self._words)

    def send(self, command: Command) -> bool:
        """
        Queue a command for a worker that has said that it is ready; never blocks.

        False when nobody is there to take it: the process is gone, and `on_exit` follows.
        """
        if self._leaving.is_set() or self._outbox.broken:
            return False
        self._outbox.send(pack(command))
        return True

    def end(self) -> None:
        """
        Let the process leave, insist after a second, and free everything. Blocks so long.

        One that keeps conversations in a folder has the time for that beside.
        """
        self._leaving.set()
        self._outbox.close()
        try:
            self._process.wait(_PATIENCE_SECONDS + self._keeping)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.close()

    def kill(self) -> None:
        """End the process at once, as if it had died; `on_exit` follows."""
        self._process.kill()

    def close(self) -> None:
        """Free the pipes and threads of a process that has ended or was killed. Not on the loop."""
        self._leaving.set()
        self._process.wait()
        self._outbox.close()
        self._outbox.join(_PATIENCE_SECONDS)
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)
        self._output.close()
        self._soon(self._ear.close)

    def _hear(self, piece: bytes) -> None:
        try:
            for report in self._frames.feed(piece):
                self._on_report(report)
        except ValueError:
            log.exception("a worker said what nobody understands, and is replaced")
            self.kill()

    def _read_words(self) -> None:
        for line in self._output:
            words = line.decode("utf-8", "replace").rstrip()
            self._words.append(words)
            log.info("%s", words)

    def _wait(self) -> None:
        code = self._process.wait()
        if not self._leaving.is_set():
            self._soon(self._on_exit, code)

    def _soon(self, call: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # The loop has been closed: nobody is there to be told.
            self._loop.call_soon_threadsafe(call, *arguments)
