"""For Python callers in the gateway's own process: jobs without a wire."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Generator, Mapping

import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.response import chat_response
from bridge.jobs.service import Service
from bridge.protocol import ChatRequest, ChatResponse, Json
from bridge.wire.chat_request import check_chat_request, read_chat_request

Request = ChatRequest | Mapping[str, Json] | str
"""A request as an object, as a dictionary, or as the JSON of one."""


class Local:
    """Asks a service's models; everything belongs to the service's event loop."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def async_chat_completions(self, request: Request) -> LocalJob:
        """Start a job whose answer is awaited; raises HearsayError when it cannot be read."""
        return LocalJob(self._service, _read(request))

    def stream_chat_completions(self, request: Request) -> LocalJob:
        """Start a job whose text is iterated over; raises HearsayError when it cannot be read."""
        return LocalJob(self._service, _read(request))


class LocalJob:
    """
    A job that can be awaited, for the whole answer, or iterated over, for text as it is written.

    Either raises HearsayError when the job fails. Text is the first reply's.
    """

    def __init__(self, service: Service, request: ChatRequest) -> None:
        self._service = service
        self._news = asyncio.Event()
        self._created = int(time.time())
        self._job = service.submit(request, self._news.set)

    @property
    def done(self) -> bool:
        """Whether the job is over, well or not."""
        return self._job.done

    def cancel(self) -> None:
        """Take the job back; it ends with finish reason `cancelled`."""
        self._service.cancel(self._job)

    def __await__(self) -> Generator[None, None, ChatResponse]:
        return self._answer().__await__()

    async def __aiter__(self) -> AsyncIterator[str]:
        offset = 0
        while True:
            done = self._job.done
            if text := self._job.choices[0].read(offset):
                offset += len(text)
                yield text
            elif done:
                break
            else:
                await self._wait()
        self._raise()

    async def _answer(self) -> ChatResponse:
        while not self._job.done:
            await self._wait()
        self._raise()
        texts = [choice.text for choice in self._job.choices]
        return chat_response(self._job, self._created, texts)

    async def _wait(self) -> None:
        try:
            await self._news.wait()
        except asyncio.CancelledError:  # Whoever stops waiting needs no answer.
            self.cancel()
            raise
        self._news.clear()

    def _raise(self) -> None:
        if self._job.error:
            raise self._job.error


def _read(request: Request) -> ChatRequest:
    if isinstance(request, ChatRequest):
        check_chat_request(request, {})
        return request
    try:
        data = request.encode() if isinstance(request, str) else msgspec.json.encode(request)
    except (TypeError, ValueError) as error:
        raise HearsayError(
            ErrorCode.INVALID_REQUEST, f"The request cannot be written as JSON: {error}"
        ) from None
    return read_chat_request(data)[0]
