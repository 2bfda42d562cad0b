"""Who a soak lets loose: games over WebSocket and ZeroMQ, and visitors over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx
import msgspec
import zmq
import zmq.asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

MODEL = "hearsay/tavern"
LAST = frozenset({"job_done", "job_failed"})
MOST_SILENCE = 60.0
"""Seconds after which a job that nobody tells of is lost; the run ends with TimeoutError."""

Message = dict[str, Any]


@dataclass
class Tally:
    """What the players met; anything in `broken` is a promise that was."""

    jobs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    drops: int = 0
    broken: list[str] = field(default_factory=list)


@dataclass
class Open:
    """A job as far as its game knows it; thinking is told with offsets of its own."""

    order: Message
    text: str = ""
    thought: str = ""

    @property
    def seen(self) -> Message:
        """What a game that comes back says it has."""
        offsets = {"offsets": [len(self.text)], "reasoning_offsets": [len(self.thought)]}
        return {"job": self.order["job"], **offsets}

    def hear(self, chunk: Message) -> bool:
        """Take in a chunk; returns whether it began where the last one ended."""
        end: int = chunk["offset"]
        if chunk.get("reasoning"):
            self.thought += chunk["text"]
            return len(self.thought) == end
        self.text += chunk["text"]
        return len(self.text) == end


class Line(Protocol):
    """One connection of a game."""

    async def send(self, message: Message) -> None:
        """Send a message."""

    async def receive(self) -> Message:
        """Return the next message; raises ConnectionClosed when there is none any more."""
        ...


Dial = AbstractAsyncContextManager[Line]


class _WebSocketLine:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: Message) -> None:
        await self._socket.send(json.dumps(message))

    async def receive(self) -> Message:
        heard: Message = json.loads(await self._socket.recv())
        return heard


class _ZeroMqLine:
    def __init__(self, socket: zmq.asyncio.Socket) -> None:
        self._socket = socket

    async def send(self, message: Message) -> None:
        await self._socket.send(msgspec.msgpack.encode(message))

    async def receive(self) -> Message:
        heard: Message = msgspec.msgpack.decode(await self._socket.recv())
        return heard


@asynccontextmanager
async def over_websocket(ready: Message) -> AsyncIterator[Line]:
    """Connect; the end is an abort, as of a game that is killed."""
    url = str(ready["url"]).replace("http", "ws", 1) + "/v1/bridge"
    async with connect(url, compression=None, proxy=None) as socket:
        with contextlib.suppress(ConnectionClosed):
            yield _WebSocketLine(socket)
        socket.transport.abort()


@asynccontextmanager
async def over_zeromq(ready: Message) -> AsyncIterator[Line]:
    """Connect; what was not sent yet at the end is lost."""
    with zmq.asyncio.Context.instance().socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(ready["zeromq"][0])
        yield _ZeroMqLine(socket)


class Game:
    """A client that submits, cancels, drops its connection and resumes."""

    def __init__(
        self, dial: Callable[[], Dial], token: str, draw: random.Random, report: Tally
    ) -> None:
        self._dial = dial
        self._token = token
        self._draw = draw
        self._report = report
        self._session: str | None = None
        self._open: dict[str, Open] = {}
        self._over: set[str] = set()
        self._number = 0

    async def play(self, until: float) -> None:
        """Go on until then, and hear all that is still open."""
        while time.monotonic() < until or self._open:
            async with self._dial() as line:
                async with asyncio.timeout(MOST_SILENCE):
                    await self._greet(line)
                await self._talk(line, until)
            self._report.drops += 1

    async def _greet(self, line: Line) -> None:
        hello: Message = {"type": "hello", "protocol": 1, "token": self._token}
        if self._session:
            seen = [job.seen for job in self._open.values()]
            hello["resume"] = {"session": self._session, "seen": seen}
        await line.send(hello)
        welcome = await line.receive()
        if welcome["type"] != "welcome":
            raise RuntimeError(f"instead of a welcome: {welcome}")
        if self._session and not welcome.get("resumed"):
            self._report.broken.append("a session could not be resumed")
        self._session = welcome["session"]
        for job in welcome.get("lost", []):  # Its order went down with the last connection.
            await line.send(self._open[job].order)

    async def _talk(self, line: Line, until: float) -> None:
        for _ in range(self._draw.randrange(1, 60)):
            goes_on = time.monotonic() < until
            if goes_on and len(self._open) < 8:
                await self._submit(line)
            elif not self._open:
                return
            if self._open and self._draw.random() < 0.03:
                job = self._draw.choice(list(self._open))
                await line.send({"type": "cancel_job", "job": job})
            async with asyncio.timeout(MOST_SILENCE):
                self._hear(await line.receive())

    async def _submit(self, line: Line) -> None:
        self._number += 1
        job = f"job{self._number}"
        request = {
            "model": MODEL,
            "messages": [{"role": "user", "content": f"Hello {self._draw.randrange(50)}"}],
            "stream": True,
            "ignore_eos": True,
            "max_tokens": self._draw.randrange(1, 60),
        }
        self._open[job] = Open({"type": "submit_chat", "job": job, "request": request})
        self._report.jobs += 1
        await line.send(self._open[job].order)

    def _hear(self, message: Message) -> None:
        job = message.get("job")
        if job in self._over:
            self._report.broken.append(f"{job} was told of after its end: {message['type']}")
        elif job in self._open and message["type"] == "job_chunk":
            if not self._open[job].hear(message):
                self._report.broken.append(f"{job} has a gap or says something twice")
        elif job in self._open and message["type"] in LAST:
            self._end(job, message)

    def _end(self, job: str, message: Message) -> None:
        told = self._open.pop(job)
        self._over.add(job)
        if message["type"] == "job_failed":
            self._report.ends[message["code"]] += 1
            return
        [choice] = message["response"]["choices"]
        self._report.ends[choice["finish_reason"]] += 1
        said = choice["message"]
        if (said["content"] or "", said.get("reasoning_content") or "") != (
            told.text,
            told.thought,
        ):
            self._report.broken.append(f"{job} ended with another text than was streamed")


async def visit(ready: Message, draw: random.Random, report: Tally, until: float) -> None:
    """Ask over HTTP: plain and streamed, and sometimes leave in the middle."""
    headers = {"Authorization": f"Bearer {ready['token']}"}
    async with httpx.AsyncClient(base_url=ready["url"], headers=headers, trust_env=False) as http:
        while time.monotonic() < until:
            body = {
                "model": MODEL,
                "messages": [{"role": "user", "content": f"Hello {draw.randrange(50)}"}],
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
