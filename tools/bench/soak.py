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
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import httpx
import psutil
import typer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

MODEL = "hearsay/tavern"
LAST = frozenset({"job_done", "job_failed"})
MOST_GROWN = 10 << 20
WARM_SHARE = 0.2
"""Of the time, before memory is first looked at."""

MOST_SILENCE = 60.0
"""Seconds after which a job that nobody tells of is lost; the run ends with TimeoutError."""

KILL = getattr(signal, "SIGKILL", signal.SIGTERM)

app = typer.Typer(add_completion=False)


@dataclass
class Report:
    """What came of it; anything in `broken` is a promise that was."""

    jobs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    drops: int = 0
    deaths: int = 0
    warm_bytes: int = 0
    last_bytes: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def grown_bytes(self) -> int:
        """How much more memory the gateway has than when it was warm."""
        return self.last_bytes - self.warm_bytes


class Game:
    """A client over WebSocket that submits, cancels, drops its connection and resumes."""

    def __init__(self, ready: dict[str, Any], draw: random.Random, report: Report) -> None:
        self._url = str(ready["url"]).replace("http", "ws", 1) + "/v1/bridge"
        self._token = ready["token"]
        self._draw = draw
        self._report = report
        self._session: str | None = None
        self._texts: dict[str, str] = {}
        self._orders: dict[str, str] = {}
        self._over: set[str] = set()
        self._number = 0

    async def play(self, until: float) -> None:
        """Go on until then, and hear all that is still open."""
        while time.monotonic() < until or self._texts:
            async with connect(self._url, compression=None, proxy=None) as socket:
                with contextlib.suppress(ConnectionClosed):
                    await self._greet(socket)
                    await self._talk(socket, until)
                self._report.drops += 1
                socket.transport.abort()  # As a game does that is killed.

    async def _greet(self, socket: ClientConnection) -> None:
        hello: dict[str, object] = {"type": "hello", "protocol": 1, "token": self._token}
        if self._session:
            seen = [{"job": job, "offsets": [len(text)]} for job, text in self._texts.items()]
            hello["resume"] = {"session": self._session, "seen": seen}
        await socket.send(json.dumps(hello))
        welcome = json.loads(await socket.recv())
        if self._session and not welcome.get("resumed"):
            self._report.broken.append("a session could not be resumed")
        self._session = welcome["session"]
        for job in welcome.get("lost", []):  # Its order went down with the last connection.
            await socket.send(self._orders[job])

    async def _talk(self, socket: ClientConnection, until: float) -> None:
        for _ in range(self._draw.randrange(1, 60)):
            goes_on = time.monotonic() < until
            if goes_on and len(self._texts) < 8:
                await self._submit(socket)
            elif not self._texts:
                return
            if self._texts and self._draw.random() < 0.03:
                job = self._draw.choice(list(self._texts))
                await socket.send(json.dumps({"type": "cancel_job", "job": job}))
            async with asyncio.timeout(MOST_SILENCE):
                self._hear(json.loads(await socket.recv()))

    async def _submit(self, socket: ClientConnection) -> None:
        self._number += 1
        job = f"job{self._number}"
        request = {
            "model": MODEL,
            "messages": [{"role": "user", "content": f"Hello {self._draw.randrange(50)}"}],
            "stream": True,
            "ignore_eos": True,
            "max_tokens": self._draw.randrange(1, 60),
        }
        self._texts[job] = ""
        self._report.jobs += 1
        order = {"type": "submit_chat", "job": job, "request": request}
        self._orders[job] = json.dumps(order)
        await socket.send(self._orders[job])

    def _hear(self, message: dict[str, Any]) -> None:
        job = message.get("job")
        if job in self._over:
            self._report.broken.append(f"{job} was told of after its end: {message['type']}")
        elif job in self._texts and message["type"] == "job_chunk":
            self._texts[job] += message["text"]
            if len(self._texts[job]) != message["offset"]:
                self._report.broken.append(f"{job} has a gap or says something twice")
        elif job in self._texts and message["type"] in LAST:
            self._end(job, message)

    def _end(self, job: str, message: dict[str, Any]) -> None:
        text = self._texts.pop(job)
        del self._orders[job]
        self._over.add(job)
        if message["type"] == "job_failed":
            self._report.ends[message["code"]] += 1
            return
        [choice] = message["response"]["choices"]
        self._report.ends[choice["finish_reason"]] += 1
        if choice["message"]["content"] != text:
            self._report.broken.append(f"{job} ended with another text than was streamed")


async def visit(ready: dict[str, Any], draw: random.Random, report: Report, until: float) -> None:
    """Ask over HTTP: plain and streamed, and sometimes leave in the middle."""
    headers = {"Authorization": f"Bearer {ready['token']}"}
    async with httpx.AsyncClient(base_url=ready["url"], headers=headers, trust_env=False) as http:
        while time.monotonic() < until:
            body = {
                "model": MODEL,
                "messages": [{"role": "user", "content": "Hello"}],
                "max_tokens": draw.randrange(1, 40),
                "stream": draw.random() < 0.7,
            }
            report.jobs += 1
            async with http.stream("POST", "/v1/chat/completions", json=body, timeout=60) as answer:
                leaves = draw.random() < 0.2
                text = ""
                async for piece in answer.aiter_text():
                    text += piece
                    if leaves:
                        break
            report.ends["left" if leaves else str(answer.status_code)] += 1
            if body["stream"] and not leaves and text.count("data: [DONE]") != 1:
                report.broken.append(f"a stream ended with {text[-80:]!r}")


async def haunt(gateway: psutil.Process, seconds: float, report: Report, until: float) -> None:
    """Kill the worker every so often, and look how much memory the gateway has."""
    warm = time.monotonic() + (until - time.monotonic()) * WARM_SHARE
    while (now := time.monotonic()) < until:
        await asyncio.sleep(min(seconds, until - now))
        for worker in gateway.children():
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(worker.pid, KILL)
                report.deaths += 1
        report.last_bytes = gateway.memory_info().rss
        if now < warm or not report.warm_bytes:
            report.warm_bytes = report.last_bytes


async def soak(
    seconds: float, *, seed: int = 1, games: int = 4, death_every: float = 5.0
) -> Report:
    """Let games and visitors loose on a sidecar for so long."""
    report, until = Report(), time.monotonic() + seconds
    async with _sidecar() as ready:
        gateway = psutil.Process(int(ready["pid"]))
        async with asyncio.TaskGroup() as group:
            for number in range(games):
                draw = random.Random(seed * 1000 + number)
                group.create_task(Game(ready, draw, report).play(until))
                group.create_task(visit(ready, draw, report, until))
            group.create_task(haunt(gateway, death_every, report, until - 1))
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
async def _sidecar() -> AsyncIterator[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="hearsay") as folder:
        kept = {key: text for key, text in os.environ.items() if not key.startswith("HEARSAY_")}
        log = str(Path(folder) / "log")
        process = subprocess.Popen(  # noqa: ASYNC220 - nothing else runs yet
            [sys.executable, "-m", "bridge", "serve", "--sidecar"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={
                **kept,
                "HEARSAY_BACKEND": "fake",
                "HEARSAY_FAKE_STEP_MS": "2",
                "HEARSAY_LOG_FILE": log,
            },
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
) -> None:
    """Run; exit code 1 when something was lost or doubled, or memory grew by over 10 MiB."""
    report = asyncio.run(soak(minutes * 60, seed=seed, games=games, death_every=death_every))
    print(f"{report.jobs} jobs, {report.drops} connections dropped, {report.deaths} deaths")
    print(f"ends: {dict(report.ends.most_common())}")
    print(f"the gateway's memory grew by {report.grown_bytes / (1 << 20):.1f} MiB")
    for line in report.broken[:50]:
        print(line)
    raise typer.Exit(1 if report.broken or report.grown_bytes > MOST_GROWN else 0)


if __name__ == "__main__":
    app()
