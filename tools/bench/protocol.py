"""What our own protocol costs: chunks per second, delay, and the memory of a client that sleeps."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import IO, cast

import msgspec

from tools.bench.figures import Figure, Goal, percentile
from tools.bench.firehose import MODEL, Plan, Result
from tools.bench.places import ROOT

CLIENTS = 64
THROUGHPUT = Plan(jobs=CLIENTS, steps=4000)
SPEAKERS = 16
DELAY = Plan(jobs=SPEAKERS, steps=1250, rate=2000 / SPEAKERS, stamps=True)
MEMORY = Plan(jobs=1, steps=1_000_000)

_STAMP = re.compile(rb"(\d{12,}) ")
_CHUNK = b'{"type":"job_chunk"'
_END = b'{"type":"job_done"'


def protocol_figures() -> Iterator[Figure]:
    """Measure a gateway with a double of the model, clients in a process of their own."""
    result, readers = _run(THROUGHPUT)
    chunks = THROUGHPUT.jobs * THROUGHPUT.steps
    told = sum(reader.frames for reader in readers)
    yield Figure(
        name=f"chunks to {CLIENTS} WebSocket clients, one gateway core",
        value=chunks / result.processor_seconds,
        unit="/s",
        goal=Goal(least=30_000),
        spread=f"{chunks / result.seconds:.0f}/s by the clock, "
        f"{told / chunks:.0%} went out in frames of their own",
    )
    _, readers = _run(DELAY)
    delays = [delay for reader in readers for delay in reader.delays]
    yield Figure(
        name=f"engine to {SPEAKERS} clients at 2,000 chunks/s, 99 %",
        value=percentile(delays, 99),
        unit="ms",
        goal=Goal(below=5),
        spread=f"half within {percentile(delays, 50):.2f} ms, {len(delays)} chunks",
    )
    result, _ = _run(MEMORY, sleeps=True)
    yield Figure(
        name="1,000,000 chunks for a client that never reads",
        value=result.growth / 1e6,
        unit="MB",
        goal=Goal(below=50),
    )


class Reader(asyncio.Protocol):
    """A client of one job that counts what comes, as cheaply as can be."""

    def __init__(self, *, sleeps: bool) -> None:
        self.over = asyncio.get_running_loop().create_future()
        self.frames = 0
        self.delays: list[float] = []
        self._sleeps = sleeps
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands, say hello and ask, all in one breath."""
        self._transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            "GET /v1/bridge HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Ask after the handshake, then count."""
        if not self.frames and data.startswith(b"HTTP/1.1 101"):
            request = {"model": MODEL, "messages": [{"role": "user", "content": "?"}]}
            order = {"type": "submit_chat", "job": "a", "request": {**request, "stream": True}}
            self._transport.write(_frame({"type": "hello", "protocol": 1}) + _frame(order))
            if self._sleeps:
                self._transport.pause_reading()
            return
        now = time.perf_counter_ns()
        for frame in self._split(data):
            if frame.startswith(_CHUNK):
                self.frames += 1
                self.delays += [(now - int(stamp)) / 1e6 for stamp in _STAMP.findall(frame)]
            elif frame.startswith(_END) and not self.over.done():
                self.over.set_result(None)

    def _split(self, data: bytes) -> Iterator[bytes]:
        data = self._rest + data
        at = 0
        while len(data) >= at + 10 or (len(data) >= at + 2 and data[at + 1] < 126):
            size, head = data[at + 1], 2
            if size > 125:
                head = 4 if size == 126 else 10
                size = int.from_bytes(data[at + 2 : at + head])
            if len(data) < at + head + size:
                break
            yield data[at + head : at + head + size]
            at += head + size
        self._rest = data[at:]


def _frame(message: Mapping[str, object]) -> bytes:
    body = json.dumps(message).encode()
    size = bytes([0x80 | len(body)]) if len(body) < 126 else b"\xfe" + len(body).to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + body  # A mask of zeros changes nothing.


def _run(plan: Plan, *, sleeps: bool = False) -> tuple[Result, list[Reader]]:
    with _gateway(plan) as output:
        port = int(output.readline())
        return asyncio.run(_listen(plan, port, output, sleeps=sleeps))


async def _listen(
    plan: Plan, port: int, output: IO[bytes], *, sleeps: bool
) -> tuple[Result, list[Reader]]:
    loop = asyncio.get_running_loop()
    readers = [Reader(sleeps=sleeps) for _ in range(plan.jobs)]
    for reader in readers:
        await loop.create_connection(partial(_same, reader), "127.0.0.1", port)
    line = await asyncio.to_thread(output.readline)
    if not sleeps:
        await asyncio.gather(*(reader.over for reader in readers))
    return msgspec.json.decode(line, type=Result), readers


def _same(reader: Reader) -> Reader:
    return reader


@contextmanager
def _gateway(plan: Plan) -> Iterator[IO[bytes]]:
    command = [sys.executable, "-m", "tools.bench.firehose", msgspec.json.encode(plan).decode()]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            yield cast(IO[bytes], process.stdout)
        finally:
            cast(IO[bytes], process.stdin).close()
