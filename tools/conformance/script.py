"""A sidecar that follows a script, for what no real one does: gaps, garbage, silence."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, cast

import msgpack

from tools.conformance.driver import FailureError, require

SECONDS = 10.0
"""How long a script waits for the client to speak."""

Message = dict[str, Any]  # As it crosses the wire; a script reads what it needs.


class Wire(Protocol):
    """How frames reach one client."""

    msgpack: bool

    async def send(self, frame: bytes) -> None:
        """Send a frame."""

    async def receive(self) -> bytes | None:
        """Return a frame, None when the client has left."""

    async def close(self) -> None:
        """End the connection."""


class Line:
    """One connection of the client under test; `number` counts them from 0."""

    def __init__(self, wire: Wire, number: int) -> None:
        self.number = number
        self.heard: list[Message] = []
        self._wire = wire

    async def say(self, kind: str, **more: object) -> None:
        """Send a message."""
        document = {"type": kind, **more}
        packed = msgpack.packb(document) if self._wire.msgpack else json.dumps(document).encode()
        await self.raw(cast(bytes, packed))

    async def raw(self, frame: bytes) -> None:
        """Send bytes as they are."""
        await self._wire.send(frame)

    async def next(self) -> Message | None:
        """Return the client's next message, None when it has left; pings are answered."""
        while (message := await self._hear()) and message["type"] == "ping":
            pass
        return message

    async def expect(self, kind: str) -> Message:
        """Return the client's next message, which must be of this kind; raises FailureError."""
        message = await self.next()
        require(message, f"the client left instead of saying {kind}")
        message = cast(Message, message)
        require(message["type"] == kind, f"the client said {message['type']} instead of {kind}")
        return message

    async def welcome(self, *, session: str = "s", **more: object) -> Message:
        """Hear hello and say welcome; return the hello."""
        hello = await self.expect("hello")
        limits = {
            "max_frame_bytes": 1 << 20,
            "max_jobs": 512,
            "resume_seconds": 120,
            "idle_seconds": 60,
        }
        given = {"resumed": hello.get("resume") is not None, "features": [], "models": [], **more}
        await self.say("welcome", session=session, protocol=1, server="0", limits=limits, **given)
        return hello

    async def chunk(self, job: str, text: str, offset: int, **more: object) -> None:
        """Send text that ends at an offset."""
        await self.say("job_chunk", job=job, text=text, offset=offset, **more)

    async def done(self, job: str, text: str, reason: str = "stop") -> None:
        """Send a last message."""
        message = {"role": "assistant", "content": text, "refusal": None}
        choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
        usage = {
            "prompt_tokens": 1,
            "completion_tokens": 1,
            "total_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 0},
        }
        response = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        timings = {"queued_ms": 0, "prefill_ms": 0, "decode_ms": 0}
        await self.say("job_done", job=job, response=response, timings=timings)

    async def next_ping(self) -> None:
        """Answer the client's next ping: what was sent before has been heard then."""
        before = self._pings()
        while self._pings() == before:
            require(await self._hear(), "the client left")

    async def silent(self) -> int:
        """Answer nothing until the client leaves; return how many pings it sent."""
        before = self._pings()
        while await self._hear(answer=False):
            pass
        return self._pings() - before

    async def left(self) -> None:
        """Return when the client has left; what it still says is only heard, a goodbye answered."""
        while message := await self.next():
            if message["type"] == "goodbye":
                await self.say("goodbye", code="bye", message="The session has ended")

    async def close(self) -> None:
        """End the connection."""
        await self._wire.close()

    async def _hear(self, *, answer: bool = True) -> Message | None:
        async with asyncio.timeout(SECONDS):
            frame = await self._wire.receive()
        if frame is None:
            return None
        unpack = msgpack.unpackb if self._wire.msgpack else json.loads
        message = cast(Message, unpack(frame))
        self.heard.append(message)
        if answer and message["type"] == "ping":
            await self.say("pong", nonce=message.get("nonce", ""))
        return message

    def _pings(self) -> int:
        return sum(message["type"] == "ping" for message in self.heard)


Script = Callable[[Line], Awaitable[None]]


class Scripted:
    """A scripted sidecar: where it listens, and what went wrong in its scripts."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.lines: list[Line] = []
        self.faults: list[str] = []

    @property
    def address(self) -> dict[str, object]:
        """What a client's `connect` is given."""
        return {"url": self.url, "token": "a token"}

    async def run(self, script: Script, wire: Wire) -> None:
        """Play the script for one connection."""
        line = Line(wire, len(self.lines))
        self.lines.append(line)
        try:
            await script(line)
        except (FailureError, TimeoutError) as error:
            self.faults.append(f"connection {line.number}: {str(error) or 'nothing came'}")
        finally:
            await wire.close()
