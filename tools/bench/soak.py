"""`python -m tools.bench.soak`: jobs, drops, cancels and deaths; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import httpx
import psutil
import typer

from bridge.processes import own_environment
from tools.bench.soakers import Game, Tally, over_websocket, over_zeromq, visit
from tools.bench.verdict import conclude

MOST_GROWN = 10 << 20
WARM_SHARE = 0.2
"""Of the time, before memory is first looked at."""

LOOK_SECONDS = 5.0
"""From one look at the memory to the next, at most; the workers' is what they had then."""

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

app = typer.Typer(add_completion=False)


@dataclass(frozen=True)
class Memory:
    """Resident bytes of the gateway, and of all below it, so many seconds after the start."""

    seconds: float
    gateway: int
    workers: int


@dataclass
class Report(Tally):
    """What came of it; anything in `broken` is a promise that was."""

    deaths: int = 0
    memory: list[Memory] = field(default_factory=list)

    @property
    def warm(self) -> Memory:
        """The first look after the warming up."""
        after = self.memory[-1].seconds * WARM_SHARE
        return next(look for look in self.memory if look.seconds >= after)

    @property
    def grown_bytes(self) -> int:
        """How much more memory the gateway has than when it was warm."""
        return self.memory[-1].gateway - self.warm.gateway


async def haunt(ready: dict[str, Any], death_every: float, report: Report, until: float) -> None:
    """
    Kill the worker every so often, and look before how much memory all have.

    One that still loads is left alone: three such deaths in a row mean that a model cannot load.
    """
    gateway = psutil.Process(int(ready["pid"]))
    start = time.monotonic()
    death = start + death_every
    async with httpx.AsyncClient(base_url=ready["url"], trust_env=False) as http:
        while (now := time.monotonic()) < until:
            await asyncio.sleep(max(min(LOOK_SECONDS, death - now, until - now), 0.1))
            report.memory.append(_look(gateway, time.monotonic() - start))
            if time.monotonic() < death or not (await http.get("/health")).is_success:
                continue
            death = time.monotonic() + death_every
            for worker in gateway.children():
                with contextlib.suppress(psutil.NoSuchProcess):
                    os.kill(worker.pid, KILL)
                    report.deaths += 1


def _look(gateway: psutil.Process, seconds: float) -> Memory:
    workers = 0
    for worker in gateway.children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            workers += worker.memory_info().rss
    return Memory(seconds, gateway.memory_info().rss, workers)


async def soak(
    seconds: float, *, seed: int = 1, games: int = 4, death_every: float = 5.0, real: bool = False
) -> Report:
    """Let games and visitors loose on a sidecar for so long; `real` takes the built-in model."""
    report, until = Report(), time.monotonic() + seconds
    async with _sidecar(real) as ready:
        async with asyncio.TaskGroup() as group:
            for number in range(games):
                draw = random.Random(seed * 1000 + number)
                dial = partial(over_zeromq if number % 2 else over_websocket, ready)
                group.create_task(Game(dial, ready["token"], draw, report).play(until))
                group.create_task(visit(ready, draw, report, until))
            group.create_task(haunt(ready, death_every, report, until - 1))
        report.broken += await _left_open(ready)
    return report


async def _left_open(ready: dict[str, Any]) -> list[str]:
    """Return which jobs the sidecar still believes in when nobody wants any."""
    headers = {"Authorization": f"Bearer {ready['token']}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False) as http:
        for _ in range(50):  # A visitor that left is noticed a moment later.
            lines = (await http.get(f"{ready['url']}/metrics")).text.splitlines()
            opened = [line for line in lines if line.startswith("hearsay_jobs_open ")]
            left = [line for line in opened if not line.endswith((" 0", " 0.0"))]
            if not left:
                return [] if opened else ["the sidecar does not tell what is open"]
            await asyncio.sleep(0.1)
    return [f"after the end: {line}" for line in left]


@contextlib.asynccontextmanager
async def _sidecar(real: bool) -> AsyncIterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
        log = str(Path(folder) / "log")
        fake = {"HEARSAY_BACKEND": "fake", "HEARSAY_FAKE_STEP_MS": "2"}
        own = own_environment().items()
        kept = {key: text for key, text in own if not key.startswith("HEARSAY_")}
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "bridge", "serve", "--sidecar", "--zeromq", "tcp://127.0.0.1:*"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**kept, **({} if real else fake), "HEARSAY_LOG_FILE": log},
        )
        with process:
            try:
                assert process.stdout  # noqa: S101 - a pipe was asked for
                yield json.loads(process.stdout.readline())
            finally:
                process.terminate()


@app.command()
def main(
    minutes: Annotated[float, typer.Option(min=0.1)] = 60.0,
    seed: int = 1,
    games: Annotated[int, typer.Option(min=1)] = 4,
    death_every: Annotated[float, typer.Option(min=1, help="Seconds between deaths.")] = 5.0,
    real: Annotated[bool, typer.Option("--real", help="With llama.cpp.")] = False,
) -> None:
    """Run; exit code 1 when something was lost or doubled, or memory grew by over 10 MiB."""
    report = asyncio.run(
        soak(minutes * 60, seed=seed, games=games, death_every=death_every, real=real)
    )
    print(f"{report.jobs} jobs, {report.drops} connections dropped, {report.deaths} deaths")
    print(f"ends: {dict(report.ends.most_common())}")
    for share in (1 / 12, 1 / 4, 1 / 2, 3 / 4, 1):
        _print_memory(report, minutes * 60 * share)
    print(f"the gateway's memory grew by {report.grown_bytes / (1 << 20):.1f} MiB")
    conclude(report.broken, kept=report.grown_bytes <= MOST_GROWN)


def _print_memory(report: Report, when: float) -> None:
    look = min(report.memory, key=lambda look: abs(look.seconds - when))
    sizes = f"gateway {look.gateway / (1 << 20):.1f}, workers {look.workers / (1 << 20):.1f} MiB"
    print(f"after {look.seconds / 60:.1f} minutes: {sizes}")


if __name__ == "__main__":
    app()
