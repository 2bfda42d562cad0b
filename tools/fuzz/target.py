"""A sidecar on the double of the model, to be sent hostile frames."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


class Target:
    """A running sidecar, as its ready line tells of it."""

    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, object]) -> None:
        self.token = str(ready["token"])
        self.url = str(ready["url"]).replace("http://", "ws://") + "/v1/bridge"
        self.zeromq = str(ready["zeromq"][0])  # type: ignore[index]
        self._process = process
        self._memory = psutil.Process(process.pid)

    @property
    def alive(self) -> bool:
        """Whether its process has not ended."""
        return self._process.poll() is None

    @property
    def resident_bytes(self) -> int:
        """The resident memory of the gateway and its worker together."""
        processes = [self._memory, *self._memory.children(recursive=True)]
        return sum(process.memory_info().rss for process in processes)

    def hello(self) -> dict[str, object]:
        """Return a hello that is let in."""
        return {"type": "hello", "protocol": 1, "token": self.token}


@contextmanager
def started() -> Iterator[Target]:
    """Start a sidecar; it is ended after the block."""
    with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
        endpoint = f"ipc://{Path(folder) / 'fuzz'}" if os.name == "posix" else "tcp://127.0.0.1:*"
        process = subprocess.Popen(
            [sys.executable, "-m", "bridge", "serve", "--sidecar", "--zeromq", endpoint],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **os.environ,
                "HEARSAY_BACKEND": "fake",
                "HEARSAY_LOG_FILE": str(Path(folder) / "log"),
            },
        )
        with process:
            try:
                assert process.stdout  # noqa: S101 - a pipe was asked for
                yield Target(process, json.loads(process.stdout.readline()))
            finally:
                process.terminate()
