"""A worker process as the gateway holds it: its birth, its two threads, its end."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from typing import IO, cast

import zmq

from bridge.worker.link import GatewayLink
from bridge.worker.messages import Command, Report, Stop, pack, unpack_report
from bridge.worker.options import Birth, WorkerOptions
from bridge.worker.spare import take_process

log = logging.getLogger("hearsay.worker")

_POLL_MS = 200
_PATIENCE_SECONDS = 1.0


class Child:
    """
    One run of a worker process.

    `on_report(epoch, report)` and `on_exit(code)` are called from threads. The process ends when
    its standard input does: so it ends when the gateway does, however that happens.
    """

    def __init__(
        self,
        options: WorkerOptions,
        epoch: int,
        *,
        safe: str | None,
        on_report: Callable[[int, Report], None],
        on_exit: Callable[[int], None],
    ) -> None:
        self._link = GatewayLink()
        self._epoch = epoch
        self._on_report = on_report
        self._on_exit = on_exit
        self._words: deque[str] = deque(maxlen=5)
        self._leaving = threading.Event()
        commands, reports = self._link.endpoints
        birth = Birth(
            options=options,
            epoch=epoch,
            commands=commands,
            reports=reports,
            key=self._link.key,
            safe=safe,
        )
        self._process = take_process()
        self._input = cast(IO[bytes], self._process.stdin)
        self._output = cast(IO[bytes], self._process.stderr)
        self._tell(birth.encode())
        self._threads = [
            threading.Thread(target=work, name=f"hearsay-{work.__name__}", daemon=True)
            for work in (self._read_reports, self._read_words, self._wait)
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
        if self._leaving.is_set():
            return False
        try:
            self._link.commands.send(pack(self._epoch, command), zmq.NOBLOCK)
        except zmq.Again:
            self.kill()  # Without its link it would be as good as dead.
            return False
        return True

    def end(self) -> None:
        """Ask the process to leave, insist after a second, and free everything. Blocks so long."""
        self._leaving.set()
        try:
            self._link.commands.send(pack(self._epoch, Stop()), zmq.NOBLOCK)
        except zmq.Again:  # It never came so far as to listen.
            self._process.terminate()
        self._input.close()  # One that is still loading hears no commands, but sees this.
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self.close()

    def kill(self) -> None:
        """End the process at once, as if it had died; `on_exit` follows."""
        self._process.kill()

    def close(self) -> None:
        """Free the pipes, threads and sockets of a process that has ended or was killed."""
        self._leaving.set()
        self._process.wait()
        self._input.close()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(_PATIENCE_SECONDS)
        self._output.close()
        self._link.close()

    def _tell(self, line: bytes) -> None:
        try:
            self._input.write(line)
            self._input.flush()
        except OSError:
            log.warning("a worker ended before it was told what to do")

    def _read_reports(self) -> None:
        while not self._leaving.is_set():
            if self._link.reports.poll(_POLL_MS):
                self._on_report(*unpack_report(self._link.reports.recv()))

    def _read_words(self) -> None:
        for line in self._output:
            words = line.decode("utf-8", "replace").rstrip()
            self._words.append(words)
            log.info("%s", words)

    def _wait(self) -> None:
        code = self._process.wait()
        if not self._leaving.is_set():
            self._on_exit(code)
