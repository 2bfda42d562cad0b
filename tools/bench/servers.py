"""Start a server, wait until it is ready, and see to it that it is gone afterwards."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx
import psutil

from tools.bench.load import Target
from tools.bench.places import CACHE, ROOT, BenchError

READY_TIMEOUT = 180.0
"""Seconds a server has to load its model."""


class Waiting(StrEnum):
    """How threads wait for each other: each server as it comes, or both alike."""

    SHIPPED = "shipped"
    PASSIVE = "passive"
    SHORT = "short"
    SPIN = "spin"

    @property
    def environment(self) -> dict[str, str]:
        """What OpenMP reads when a server starts."""
        # Never "active": the server whose turn it is not would take the cores of the other.
        # 300,000 turns are what GNU's OpenMP does where nothing is said.
        spins = {Waiting.PASSIVE: "0", Waiting.SHORT: "1000", Waiting.SPIN: "300000"}
        if self not in spins:
            return {}
        return {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": spins[self]}


@dataclass(frozen=True)
class Server:
    """A running server and how to reach it."""

    target: Target
    process: psutil.Process

    def family(self) -> list[psutil.Process]:
        """Return the process that was started and everything that it started."""
        return [self.process, *self.process.children(recursive=True)]

    def gateway(self) -> psutil.Process:
        """Return the process that holds Hearsay's sockets; some systems put a launcher above it."""
        others = [each for each in self.family() if "bridge.worker" not in each.cmdline()]
        return max(others, key=lambda each: each.memory_info().rss)


def processor_seconds(process: psutil.Process) -> float:
    """Return the processor time that a process has used so far."""
    times = process.cpu_times()
    return times.user + times.system


def free_port() -> int:
    """Return a TCP port that nobody listens on, just now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def hearsay(
    *, model: Path | None, options: Sequence[str], environment: dict[str, str]
) -> Iterator[Server]:
    """Run `hearsay serve` on a model file; None leaves the choice to the environment."""
    port = free_port()
    command = [sys.executable, "-m", "bridge", "serve", "--port", str(port)]
    command += ["--model", str(model)] if model else []
    with _running("hearsay", [*command, *options], port, environment) as server:
        yield server


@contextmanager
def peer(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[Server]:
    """Run another server that listens on a port and answers `/health`."""
    with _running(Path(command[0]).stem, command, port, environment) as server:
        yield server


@contextmanager
def _running(
    name: str, command: Sequence[str], port: int, environment: dict[str, str]
) -> Iterator[Server]:
    log_path = CACHE / "logs" / f"{name}.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("wb") as log:
        # A group of its own: Ctrl-C is for the bench, which then ends the server itself.
        process = psutil.Popen(
            list(command),
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=os.name != "nt",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_ready(process, url, log_path)
        yield Server(Target(url, _model_of(url)), process)
    finally:
        _end(process)


def _wait_ready(process: psutil.Popen, url: str, log: Path) -> None:
    deadline = time.monotonic() + READY_TIMEOUT
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BenchError(f"The server ended by itself; {log} ends with:\n{_tail(log)}")
        with suppress(httpx.TransportError):
            if httpx.get(f"{url}/health", timeout=5).is_success:
                return
        time.sleep(0.1)
    raise BenchError(f"The server was not ready after {READY_TIMEOUT:.0f} s; see {log}")


def _model_of(url: str) -> str:
    models = httpx.get(f"{url}/v1/models", timeout=10).json()["data"]
    return str(models[0]["id"])


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])


def _end(process: psutil.Popen) -> None:
    """End a server and whatever it started, at first kindly."""
    with suppress(psutil.NoSuchProcess):
        family = [process, *process.children(recursive=True)]
        process.terminate()
        _, alive = psutil.wait_procs(family, timeout=10)
        for each in alive:
            with suppress(psutil.NoSuchProcess):
                each.kill()
        psutil.wait_procs(alive, timeout=10)
