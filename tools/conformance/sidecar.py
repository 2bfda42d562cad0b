"""A real sidecar for a scenario: `hearsay serve --sidecar` without a model."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
MODEL = "hearsay/tavern"
STEP_MS = 1.0
"""What a token costs: enough for a scenario to come in between."""


class Sidecar:
    """A running sidecar; `url` is where the transport under test finds it."""

    def __init__(
        self, process: asyncio.subprocess.Process, ready: dict[str, object], transport: str
    ) -> None:
        self.token = str(ready["token"])
        endpoints = ready.get("zeromq")
        zeromq = endpoints[0] if isinstance(endpoints, list) and endpoints else None
        self.url = str(zeromq if transport == "zeromq" else ready["url"])
        self._process = process

    @property
    def address(self) -> dict[str, object]:
        """What a client's `connect` is given."""
        return {"url": self.url, "token": self.token}

    def kill(self) -> None:
        """End it without a word."""
        self._process.kill()

    def suspend(self) -> None:
        """Stop it where it is, as a laptop that sleeps; POSIX only."""
        self._process.send_signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    async def end(self) -> None:
        """Let go of its standard input, and kill it if it stays."""
        with suppress(ProcessLookupError):
            if os.name == "posix":
                self.wake()
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.close()
        try:
            async with asyncio.timeout(5):
                await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def sidecar(transport: str) -> AsyncIterator[Sidecar]:
    """Start one with the double of a backend; it ends with the scenario."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bridge", "serve", "--sidecar"),
            *(("--zeromq", "tcp://127.0.0.1:*") if transport == "zeromq" else ()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env=_environment(home),
            cwd=home,
        )
        assert process.stdout  # noqa: S101 - it is a pipe
        one = Sidecar(process, json.loads(await process.stdout.readline()), transport)
        try:
            yield one
        finally:
            await one.end()


def _environment(home: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARSAY_")}
    folders = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "LOCALAPPDATA")
    return {
        **kept,
        **dict.fromkeys(folders, home),
        "PYTHONPATH": str(ROOT),
        "HEARSAY_BACKEND": "fake",
        "HEARSAY_FAKE_STEP_MS": str(STEP_MS),
    }
