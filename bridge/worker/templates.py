"""Foreign chat templates, compiled and rendered in a process with limits on time and memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Self, cast

import psutil
from jinja2 import TemplateError

from bridge.chat.jinja import Render
from bridge.errors import ErrorCode, HearsayError
from bridge.processes import own_environment
from bridge.protocol import Json

CPU_SECONDS = 2.0
"""What one template may compute: of its process's own time, so a busy machine breaks nobody."""

WALL_SECONDS = 30.0
"""After this long it is over in any case."""

MEMORY_BYTES = 256 << 20
"""What its process may hold, the interpreter's 20 MiB included."""

MAX_TEXT = 32 << 20
"""Bytes of the longest answer that is read."""

LOOK_SECONDS = 0.02


class TemplateProcess:
    """
    Runs one model's template where it can hurt nobody: the sandbox bounds neither time nor memory.

    The process is started with the object, so that it is there when the model is. A template
    that breaks a limit costs it; the next request gets another.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "hearsay-template")
        self._source = ""
        self._start()

    def compile(self, source: str) -> Render:
        """Return what renders a template; raises as `Compile` says, and MODEL_FAILED."""
        self._source = ""  # A new process is not to be told of an older one.
        self._ask({"source": source})
        self._source = source
        return self._render

    def close(self) -> None:
        """End the process."""
        self._end()
        self._thread.shutdown()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _render(self, variables: dict[str, Json]) -> str:
        return self._ask({"variables": variables})

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bridge.worker.renderer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=own_environment(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._input = cast(IO[bytes], self._process.stdin)
        self._output = cast(IO[bytes], self._process.stdout)
        self._greeting = self._thread.submit(self._output.readline)

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._input, self._output):
            with suppress(OSError):  # What was never written is nobody's loss.
                pipe.close()

    def _ask(self, request: dict[str, Json]) -> str:
        if self._process.poll() is not None:
            self._end()
            self._start()
            request = {"source": self._source, **request}
        with suppress(TimeoutError):  # Its own start is not the template's doing.
            self._greeting.result(WALL_SECONDS)
        line = json.dumps(request).encode() + b"\n"
        answer = json.loads(self._wait(self._thread.submit(self._exchange, line)))
        if "error" in answer:
            raise TemplateError(answer["error"])
        return str(answer["text"])

    def _exchange(self, line: bytes) -> bytes:
        """Say a line and hear one; empty when the process has ended, cut when it is endless."""
        with suppress(OSError):
            self._input.write(line)
            self._input.flush()
            return self._output.readline(MAX_TEXT)
        return b""

    def _wait(self, answer: Future[bytes]) -> bytes:
        with suppress(TimeoutError):  # Nearly always it is there at once.
            return self._whole(answer.result(LOOK_SECONDS))
        watched = psutil.Process(self._process.pid)
        end, most = time.monotonic() + WALL_SECONDS, _spent(watched) + CPU_SECONDS
        while True:
            with suppress(TimeoutError):
                return self._whole(answer.result(LOOK_SECONDS))
            if _spent(watched) > most or time.monotonic() > end:
                raise self._stopped(f"it computed for more than {CPU_SECONDS:.0f} s")
            if _memory(watched) > MEMORY_BYTES:
                raise self._stopped(f"it took more than {MEMORY_BYTES >> 20} MiB of memory")

    def _whole(self, line: bytes) -> bytes:
        if not line:
            raise self._stopped("its process ended")
        if not line.endswith(b"\n"):
            raise self._stopped(f"it wrote more than {MAX_TEXT >> 20} MiB")
        return line

    def _stopped(self, why: str) -> HearsayError:
        self._end()
        message = f"the model file's chat template cannot be used: {why}"
        return HearsayError(ErrorCode.MODEL_FAILED, message)


def _spent(watched: psutil.Process) -> float:
    with suppress(psutil.Error):
        used = watched.cpu_times()
        return float(used.user + used.system)
    return 0.0


def _memory(watched: psutil.Process) -> int:
    with suppress(psutil.Error):
        return int(watched.memory_info().rss)
    return 0
