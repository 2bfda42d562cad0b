"""A client under test: a process that takes commands and tells events, one JSON object a line."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

EVENT_SECONDS = 10.0
"""How long an event may take to come, unless a scenario says otherwise."""

LINE_BYTES = 1 << 24

Event = dict[str, Any]  # Whatever a client writes; a scenario looks at what it needs.

LAST = ("done", "failed")


class FailureError(Exception):
    """A client did not do what a scenario demands; the text says what."""


def require(condition: object, what: str) -> None:
    """Raise FailureError unless something holds."""
    if not condition:
        raise FailureError(what)


class Client:
    """What is told to a client, and what it has told."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.events: list[Event] = []
        self._process = process
        self._arrived = asyncio.Event()
        self._ended = False
        self._reading = asyncio.create_task(self._read())

    async def do(self, what: str, **more: object) -> None:
        """Write a command."""
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.write(json.dumps({"do": what, **more}).encode() + b"\n")
        await self._process.stdin.drain()

    async def until(
        self, what: str, *, count: int = 1, seconds: float | None = None, **match: object
    ) -> Event:
        """Return the event of this kind, the `count`-th that matches; raises FailureError."""
        seconds = seconds or EVENT_SECONDS
        wanted = {"saw": what, **match}
        try:
            async with asyncio.timeout(seconds):
                while len(found := self.all(**wanted)) < count and not self._ended:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise FailureError(
                f"{wanted} was not seen in {seconds} s; seen: {self.tail()}"
            ) from None
        require(len(found) >= count, f"the client ended; {wanted} was not seen: {self.tail()}")
        return found[count - 1]

    async def last(self, job: str, seconds: float | None = None) -> Event:
        """Return a job's last message; raises FailureError."""
        seconds = seconds or EVENT_SECONDS
        try:
            async with asyncio.timeout(seconds):
                while not (found := self.lasts(job)) and not self._ended:
                    self._arrived.clear()
                    await self._arrived.wait()
        except TimeoutError:
            raise FailureError(
                f"job {job} had no end in {seconds} s; seen: {self.tail()}"
            ) from None
        require(found, f"the client ended before job {job}: {self.tail()}")
        return found[0]

    async def settle(self) -> None:
        """Return once everything that was said before was heard: a round trip to the sidecar."""
        before = len(self.all(saw="status"))
        await self.do("status")
        await self.until("status", count=before + 1)

    def all(self, **match: object) -> list[Event]:
        """Return the events so far that have these values."""
        return [each for each in self.events if match.items() <= each.items()]

    def text(self, job: str, index: int = 0) -> str:
        """Return the chunks of a job so far, joined."""
        return "".join(each["text"] for each in self.all(saw="chunk", job=job, index=index))

    def lasts(self, job: str) -> list[Event]:
        """Return the last messages of a job; more than one is a fault."""
        return [each for each in self.events if each.get("job") == job and each["saw"] in LAST]

    def require_one_end(self, job: str) -> None:
        """Raise FailureError unless a job had exactly one last message and nothing after it."""
        ends = self.lasts(job)
        require(len(ends) == 1, f"job {job} has {len(ends)} last messages")
        of_job = [each for each in self.events if each.get("job") == job]
        require(of_job[-1] is ends[0], f"job {job} went on after its last message: {of_job[-1]}")

    def tail(self) -> str:
        """Return the latest events, for a message."""
        shown = [str(each)[:120] for each in self.events[-6:]]
        return "; ".join(shown) or "nothing"

    async def end(self) -> int:
        """Let the client end and return its exit code."""
        assert self._process.stdin  # noqa: S101 - it is a pipe
        self._process.stdin.close()
        try:
            async with asyncio.timeout(EVENT_SECONDS):
                await self._reading
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            raise FailureError("the client did not end with its standard input") from None

    async def _read(self) -> None:
        assert self._process.stdout  # noqa: S101 - it is a pipe
        while line := await self._process.stdout.readline():
            self.events.append(json.loads(line))
            self._arrived.set()
        self._ended = True
        self._arrived.set()


@asynccontextmanager
async def client(command: str) -> AsyncIterator[Client]:
    """Run a client; it must end by itself, with code 0, when its standard input does."""
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=LINE_BYTES,
    )
    one = Client(process)
    try:
        yield one
        require(await one.end() == 0, "the client ended with an error")
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
