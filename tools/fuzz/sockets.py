"""A million hostile frames over real sockets, beside a good client that must not notice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import msgpack
import zmq
import zmq.asyncio
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bridge.client import AsyncHearsay
from tools.fuzz.mutate import Mutator
from tools.fuzz.target import Target

IN_A_ROW = 500
"""Frames on one connection before the next is opened."""

GOODBYE = {"type": "goodbye"}
"""Without it a session, its jobs and their texts are kept for two minutes for who comes back."""

MOST_GROWN = 20 << 20
MOST_SECONDS = 1.0
MOST_REPLY_SECONDS = 10.0
"""A reply waits for jobs that the fuzzer ordered, but for no session that is over or away."""


@dataclass
class Report:
    """What came of it."""

    frames: int = 0
    connections: int = 0
    seconds: float = 0.0
    grown_bytes: int = 0
    good_replies: int = 0
    slowest_answer: float = 0.0
    slowest_reply: float = 0.0
    closes: Counter[str] = field(default_factory=Counter)

    @property
    def broken(self) -> list[str]:
        """The promises that were broken, in words."""
        found = {
            f"memory grew by {self.grown_bytes} bytes": self.grown_bytes > MOST_GROWN,
            f"an answer took {self.slowest_answer:.2f} s": self.slowest_answer > MOST_SECONDS,
            f"a reply took {self.slowest_reply:.1f} s": self.slowest_reply > MOST_REPLY_SECONDS,
            "the good client had no reply": not self.good_replies,
        }
        return [words for words, broken in found.items() if broken]


async def fuzz(target: Target, transport: str, frames: int, seed: int) -> Report:
    """Send so many frames; raises when the sidecar dies or the good client is not served."""
    report = Report()
    mutator = Mutator(seed, msgpack_frames=transport == "zeromq")
    started = time.monotonic()
    async with _good_client(target, report):
        await _some(target, transport, mutator, report, IN_A_ROW * 4)
        before = target.resident_bytes
        while report.frames < frames:
            await _some(target, transport, mutator, report, IN_A_ROW)
            if report.frames % 50_000 < IN_A_ROW:
                print(f"{report.frames:>9} frames, {report.good_replies} good replies", flush=True)
        report.grown_bytes = target.resident_bytes - before
    report.seconds = time.monotonic() - started
    return report


async def _some(
    target: Target, transport: str, mutator: Mutator, report: Report, count: int
) -> None:
    batch = [mutator.frame() for _ in range(count)]
    report.connections += 1
    report.frames += count
    if transport == "websocket":
        await _over_websocket(target, batch, report)
    else:
        await _over_zeromq(target, batch)


async def _over_websocket(target: Target, batch: list[bytes], report: Report) -> None:
    async with connect(target.url, compression=None, max_size=None) as socket:
        # It reads until the end: the closing handshake comes behind all the answers.
        reader = asyncio.create_task(_drain(socket))
        try:
            await socket.send(json.dumps(target.hello()))
            for frame in batch:
                # What is no text goes as bytes, which this connection does not speak.
                await socket.send(frame.decode() if _is_text(frame) else frame)
            await socket.send(json.dumps(GOODBYE))
            await socket.close()
        except ConnectionClosed as closed:
            report.closes[str(closed.rcvd.code if closed.rcvd else "lost")] += 1
        await reader


async def _over_zeromq(target: Target, batch: list[bytes]) -> None:
    context = zmq.asyncio.Context.instance()
    with context.socket(zmq.DEALER) as socket:
        socket.linger = 0
        socket.connect(target.zeromq)
        await socket.send(msgpack.packb(target.hello()))
        await socket.recv()
        for frame in batch:
            await socket.send(frame)
            while await socket.poll(0):
                await socket.recv()
        # The answer to a last, good message shows that all before it were dealt with.
        await socket.send(msgpack.packb({"type": "ping", "nonce": "last"}))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(5):
                while msgpack.unpackb(await socket.recv()).get("type") not in {"pong", "goodbye"}:
                    pass
                await socket.send(msgpack.packb(GOODBYE))
                while msgpack.unpackb(await socket.recv()).get("type") != "goodbye":
                    pass


@contextlib.asynccontextmanager
async def _good_client(target: Target, report: Report) -> AsyncIterator[None]:
    client = await AsyncHearsay.connect(target.url, token=target.token)
    talking = asyncio.create_task(_talk(client, report))
    try:
        yield
    finally:
        talking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await talking
        await client.close()
    if talking.done() and not talking.cancelled() and (error := talking.exception()):
        raise error


async def _talk(client: AsyncHearsay, report: Report) -> None:
    request = {
        "model": "hearsay/tavern",
        "messages": [{"role": "user", "content": "Hello"}],
        "max_tokens": 8,
    }
    while True:
        # A reply may have to wait for the fuzzer's own jobs; an answer of the gateway may not.
        started = time.monotonic()
        await client.status()
        answered = time.monotonic()
        report.slowest_answer = max(report.slowest_answer, answered - started)
        try:
            job = await client.stream_chat_completions(request)
            text = "".join([piece async for piece in job])
        finally:  # One that never came counts as well.
            report.slowest_reply = max(report.slowest_reply, time.monotonic() - answered)
        if len(text.split()) != 8:
            raise RuntimeError(f"the good client was told {text!r}")
        report.good_replies += 1


async def _drain(socket: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for _ in socket:
            pass


def _is_text(frame: bytes) -> bool:
    try:
        frame.decode()
    except UnicodeDecodeError:
        return False
    return True
