"""`python -m tools.bench.orphans`: games are killed in every phase; nothing of a sidecar stays."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import psutil
import typer

from bridge.processes import own_environment
from tools.bench.figures import percentile
from tools.bench.verdict import conclude

PHASES = ("loading", "prefill", "decode")
STARTING = "starting"
"""Before the ready line: a sidecar looks for its game once it has started."""

MOST_SECONDS = 1.0
"""How long a sidecar and its workers may outlive their game."""

PATIENCE_SECONDS = 10.0
"""What is still there after so long is an orphan."""

PHASE_SECONDS = 60.0
POLL_SECONDS = 0.005
TOLD_EVERY = 10
"""A line after so many games: all of them take minutes."""

MARK = "HEARSAY_TRIAL"
"""The variable by which all that a game has started is known."""

GAME = """
import json, os, socket, subprocess, sys
phase, company, *command = sys.argv[1:]
reading, writing = os.pipe()
child = subprocess.Popen(command, stdin=reading, stdout=subprocess.PIPE)
os.close(reading)
spared = 0
if company == "sibling":
    idle = [sys.executable, "-S", "-c", "import time; time.sleep(120)"]
    spared = subprocess.Popen(idle, pass_fds=[writing], stdout=subprocess.DEVNULL).pid
print(spared, flush=True)
if phase == "starting":
    child.wait()
ready = json.loads(child.stdout.readline())
if phase == "loading":
    print(flush=True)
    child.wait()
request = {
    "model": "hearsay/tavern", "stream": True, "max_tokens": 2000, "ignore_eos": True,
    "messages": [{"role": "user", "content": "and what then, " * 500}],
}
body = json.dumps(request).encode()
head = (
    "POST /v1/chat/completions HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json",
    "Authorization: Bearer " + ready["token"], "Content-Length: " + str(len(body)), "", "",
)
asked = socket.create_connection(("127.0.0.1", ready["port"]))
asked.sendall("\\r\\n".join(head).encode() + body)
heard = b""
while phase == "decode" and heard.count(b'"content":') < 3:
    piece = asked.recv(65536)
    if not piece:
        sys.exit(heard.decode())
    heard += piece
print(flush=True)
child.wait()
"""
"""A game: its sidecar's input is a pipe, which a sibling of the sidecar may hold too."""


@dataclass
class Report:
    """What came of the trials."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """How long each sidecar outlived its game, with all that it had started."""
    orphans: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """The games that did not come so far that they could be killed."""

    @property
    def killed(self) -> int:
        """How many games were killed so far, in all phases."""
        return sum(map(len, self.seconds.values()))

    @property
    def slowest(self) -> float:
        """The longest of those times, except where the start is in it."""
        return max((max(self.seconds[phase], default=0.0) for phase in PHASES), default=0.0)


async def orphans(
    count: int,
    *,
    phases: Sequence[str] = PHASES,
    real: bool = False,
    at_once: int = 2,
    told: Callable[[Report], None] = lambda _: None,
) -> Report:
    """
    Kill so many games in each phase; `real` takes llama.cpp and the built-in model.

    `told` hears of the report after each game, so that it is there even when this is interrupted.
    """
    report, room = Report(), asyncio.Semaphore(at_once)

    async def trial(phase: str, number: int) -> None:
        async with room:
            with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
                try:
                    await _trial(phase, number, Path(folder), real, report)
                except TimeoutError:
                    report.failed.append(f"{phase} {number}: it took too long to come so far")
                except RuntimeError as error:
                    report.failed.append(f"{phase} {number}: {error}")
            told(report)

    async with asyncio.TaskGroup() as group:
        for number in range(count):
            for phase in phases:
                group.create_task(trial(phase, number))
    return report


async def _trial(phase: str, number: int, folder: Path, real: bool, report: Report) -> None:
    mark = uuid.uuid4().hex
    sibling = number % 2 == 1 and os.name == "posix"
    game = await asyncio.create_subprocess_exec(
        *(sys.executable, "-S", "-c", GAME, phase, "sibling" if sibling else "alone"),
        *(sys.executable, "-m", "bridge", "serve", "--sidecar"),
        stdout=asyncio.subprocess.PIPE,
        env=_environment(mark, folder, real),
    )
    try:
        async with asyncio.timeout(PHASE_SECONDS):
            spared = await _reach(phase, game)
        family = [each for each in _marked(mark) if each.pid not in {game.pid, spared}]
        await _kill(game)
        report.seconds[phase].append(await _seconds_until(lambda: not any(map(_lives, family))))
        # What came into being while the game was dying has the mark as well.
        await _seconds_until(lambda: {each.pid for each in _marked(mark)} <= {spared})
        orphans = [each.pid for each in _marked(mark) if each.pid != spared]
        report.orphans += [f"{phase} {number}: process {each}" for each in orphans]
    finally:
        await _kill(game)
        for left in _marked(mark):
            left.kill()


async def _kill(game: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):  # It has ended, and said why.
        game.kill()
    await game.wait()


async def _reach(phase: str, game: asyncio.subprocess.Process) -> int:
    """Wait until the game has come so far; return the id of what need not end with it."""
    assert game.stdout  # noqa: S101 - a pipe was asked for
    spared = await game.stdout.readline()
    if phase != STARTING and not await game.stdout.readline():
        raise RuntimeError(f"a game in its phase {phase!r} ended by itself")
    return int(spared)


async def _seconds_until(condition: Callable[[], bool]) -> float:
    """Return how long it took, at most as long as anybody waits for an orphan."""
    start = time.monotonic()
    # Nothing tells of the end of a process that is not our child.
    while not condition() and time.monotonic() - start < PATIENCE_SECONDS:  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)
    return time.monotonic() - start


def _marked(mark: str) -> list[psutil.Process]:
    marked = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if _lives(process) and process.environ().get(MARK) == mark:
                marked.append(process)
    return marked


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _environment(mark: str, folder: Path, real: bool) -> dict[str, str]:
    own = own_environment().items()
    kept = {key: text for key, text in own if not key.startswith("HEARSAY_")}
    fake = {"HEARSAY_BACKEND": "fake", "HEARSAY_FAKE_STEP_MS": "10"}
    log = str(folder / "log")
    return {**kept, **({} if real else fake), "HEARSAY_LOG_FILE": log, MARK: mark}


app = typer.Typer(add_completion=False)


@app.command()
def main(
    count: Annotated[int, typer.Option(min=1, help="Games killed in each phase.")] = 200,
    real: Annotated[bool, typer.Option("--real", help="With llama.cpp.")] = False,
    at_once: Annotated[int, typer.Option(min=1, help="Games at once.")] = 2,
) -> None:
    """Run; exit code 1 when something outlived its game by more than a second."""
    report, phases = Report(), (STARTING, *PHASES)

    def told(now: Report) -> None:
        nonlocal report
        report = now
        if now.killed % TOLD_EVERY == 0:
            print(f"{now.killed} of {count * len(phases)}: {_found(now)}", flush=True)

    try:
        asyncio.run(orphans(count, phases=phases, real=real, at_once=at_once, told=told))
    except KeyboardInterrupt:
        print("Interrupted; this is what was seen until then.")
    for phase, seconds in report.seconds.items():
        half, slowest = percentile(seconds, 50) * 1000, max(seconds) * 1000
        print(f"{phase}: {len(seconds)} killed, gone after {half:.0f} ms, {slowest:.0f} at most")
    print(_found(report))
    conclude([*report.orphans, *report.failed], kept=report.slowest <= MOST_SECONDS)


def _found(report: Report) -> str:
    slowest = f"gone after {report.slowest * 1000:.0f} ms at most, once they had started"
    return f"{len(report.orphans)} orphans, {len(report.failed)} not killed, {slowest}"


if __name__ == "__main__":
    app()
