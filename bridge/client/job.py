"""A job as an asyncio program holds it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Generator

from bridge.client.errors import error_of
from bridge.client.pending import JobMessage, LastMessage
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatResponse, JobChunk, JobDone, JobFailed, JobStarted

log = logging.getLogger(__name__)


class Job:
    """
    A request on its way.

    `await job` returns the whole reply. `async for text in job` yields the first choice's text
    as it is written, and ends only when the reply has: a job that fails raises HearsayError.
    """

    def __init__(self, name: str, cancel: Callable[[str], None]) -> None:
        self.id = name
        self._cancel = cancel
        self._pieces: list[str] = []
        self._unread: deque[JobMessage] = deque()
        self._arrived = asyncio.Event()
        self._over = asyncio.Event()
        self._last: LastMessage | None = None

    @property
    def done(self) -> bool:
        """Whether the job is over, well or not."""
        return self._last is not None

    @property
    def text(self) -> str:
        """The first choice's text so far; only of a stream."""
        return "".join(self._pieces)

    def cancel(self) -> None:
        """Take the job back: its reply ends where it is, with the finish reason `cancelled`."""
        self._cancel(self.id)

    def __await__(self) -> Generator[object, None, ChatResponse]:
        return self.response().__await__()

    async def response(self) -> ChatResponse:
        """Return the whole reply; raises HearsayError."""
        last = await self.last()
        if not isinstance(last, JobDone):
            raise HearsayError(ErrorCode.INTERNAL, f"Job {self.id!r} is none that has a reply")
        return last.response

    async def last(self) -> LastMessage:
        """Return the job's last message; raises HearsayError when it failed."""
        await self._over.wait()
        if isinstance(self._last, JobFailed):
            raise error_of(self._last)
        assert self._last is not None  # noqa: S101 - what the event means
        return self._last

    async def __aiter__(self) -> AsyncIterator[str]:
        async for event in self.events():
            if isinstance(event, JobChunk) and event.index == 0 and not event.reasoning:
                yield event.text

    async def events(self) -> AsyncIterator[JobMessage]:
        """Yield what is told of the job before its last message; raises HearsayError."""
        while self._unread or not self.done:
            while self._unread:
                yield self._unread.popleft()
            if not self.done:
                self._arrived.clear()
                await self._arrived.wait()
        await self.last()

    def receive(self, message: JobMessage) -> None:
        """Take in what is told of the job; the client calls it."""
        if isinstance(message, LastMessage):
            self._last = message
            self._over.set()
        else:
            self._unread.append(message)
            if isinstance(message, JobStarted):
                for warning in message.warnings:
                    log.warning("job %s was let pass with %s", self.id, warning)
            if isinstance(message, JobChunk) and message.index == 0 and not message.reasoning:
                self._pieces.append(message.text)
        self._arrived.set()
