"""Real gateways as child processes, with homes of their own and without a model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import httpx
import psutil

ROOT = Path(__file__).parent.parent.parent
PATIENCE_SECONDS = 20.0
COMMAND = [sys.executable, "-m", "bridge"]


def environment(home: Path, **settings: str) -> dict[str, str]:
    """Return an environment in which nothing of the user's is read or written."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HEARSAY_")}
    folders = {
        name: str(home / name)
        for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "LOCALAPPDATA")
    }
    said = {"HEARSAY_BACKEND": "fake", "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    return {**kept, **folders, **said, **settings}


def wait_until(condition: Callable[[], bool], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Return when `condition` holds; fails when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds} s for: {what}"
        time.sleep(0.01)


def gone(*pids: int) -> bool:
    """Return whether none of the processes runs any more."""
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
                return False
    return True


@dataclass
class Running:
    """A sidecar and what its ready line said."""

    process: subprocess.Popen[bytes]
    pid: int
    url: str
    token: str
    ready: dict[str, object]

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return Path(str(self.ready["log"])).read_text()

    def http(self) -> httpx.Client:
        """Return a client that knows the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_SECONDS)

    def wait_loaded(self) -> None:
        """Return when its model can be asked."""
        health = f"{self.url}/health"
        wait_until(lambda: httpx.get(health).status_code == 200, "the model to be loaded")

    def worker(self) -> int:
        """Return the id of its worker process."""
        wait_until(lambda: bool(psutil.Process(self.pid).children()), "a worker")
        return psutil.Process(self.pid).children()[0].pid

    def end_input(self) -> None:
        """Close its standard input."""
        cast(IO[bytes], self.process.stdin).close()


@contextmanager
def sidecar(home: Path, *arguments: str, **settings: str) -> Iterator[Running]:
    """Start `hearsay serve --sidecar`; it is killed at the end if it still runs."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--sidecar", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(home, **settings),
        cwd=home,
    )
    with process:
        try:
            yield running(process, cast(IO[bytes], process.stdout).readline())
        finally:
            process.kill()


def running(process: subprocess.Popen[bytes], line: bytes) -> Running:
    """Read a ready line."""
    ready = json.loads(line)
    return Running(process, ready["pid"], ready["url"], ready["token"], ready)


def hearsay(
    home: Path, *arguments: str, given: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        input=given,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment(home, **settings),
        cwd=home,
        timeout=60,
        check=False,
    )
