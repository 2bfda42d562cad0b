"""The client for programs without asyncio: the same, with a loop in a thread of its own."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from typing import Self, TypeVar, Unpack

from bridge.client.asynchronous import AsyncHearsay
from bridge.client.errors import ConnectionLostError
from bridge.client.job import Job
from bridge.client.options import ClientOptions, Message, Request, SubmitOptions
from bridge.client.pending import JobMessage
from bridge.client.tools import Tools, in_threads
from bridge.protocol import ChatResponse, Json, ModelInfo, PaceMode, Priority, Status

_Result = TypeVar("_Result")

SLICE_SECONDS = 0.2
"""So soon Ctrl-C is heard where it does not end a wait."""


def wait_for(
    future: Future[_Result], timeout: float | None, *, sliced: bool = os.name == "nt"
) -> _Result:
    """
    Return a future's result; raises TimeoutError after so many seconds.

    On Windows a lock that is waited for without end hears no Ctrl-C: there we wait in slices.
    """
    if not sliced:
        return future.result(timeout)
    end = float("inf") if timeout is None else time.monotonic() + timeout
    while not future.done() and (left := end - time.monotonic()) > 0:
        wait([future], min(left, SLICE_SECONDS))
    return future.result(0)


class _Loop:
    """An event loop in a thread that ends with the program."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="hearsay", daemon=True)
        self._thread.start()

    def call(
        self, coroutine: Coroutine[object, object, _Result], timeout: float | None = None
    ) -> _Result:
        """Run a coroutine to its end; raises TimeoutError after so many seconds."""
        if self.closed:  # Whatever a closed client is asked for is known, or over.
            return asyncio.run(asyncio.wait_for(coroutine, timeout))
        future = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        try:
            return wait_for(future, timeout)
        except BaseException:
            future.cancel()
            raise

    @property
    def closed(self) -> bool:
        """Whether it has ended."""
        return self._loop.is_closed()

    def close(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.close()


class BlockingJob:
    """A request on its way; `for text in job` yields a stream's text as it is written."""

    def __init__(self, job: Job, loop: _Loop) -> None:
        self._job = job
        self._loop = loop

    @property
    def id(self) -> str:
        """The job's id."""
        return self._job.id

    @property
    def text(self) -> str:
        """The first choice's text so far; only of a stream."""
        return self._job.text

    @property
    def done(self) -> bool:
        """Whether the job is over, well or not."""
        return self._job.done

    def result(self, timeout: float | None = None) -> ChatResponse:
        """Return the whole reply; raises HearsayError, TimeoutError after so many seconds."""
        return self._loop.call(self._job.response(), timeout)

    def cancel(self) -> None:
        """Take the job back: its reply ends where it is, with the finish reason `cancelled`."""
        self._loop.call(_plain(self._job.cancel))

    def __iter__(self) -> Iterator[str]:
        return self._each(self._job.__aiter__())

    def events(self) -> Iterator[JobMessage]:
        """Yield what is told of the job before its last message; raises HearsayError."""
        return self._each(self._job.events())

    def _each(self, items: AsyncIterator[_Result]) -> Iterator[_Result]:
        async def following() -> tuple[_Result, ...]:
            async for item in items:
                return (item,)
            return ()

        async def rest() -> list[_Result]:
            return [item async for item in items]

        while not self._loop.closed and (found := self._loop.call(following())):
            yield found[0]
        if self._loop.closed:  # One that is over is told at once.
            yield from self._loop.call(rest())


class Hearsay:
    """
    A client, made by `connect` or `launch` and opened by `with` or `open`.

    Everything is as with AsyncHearsay; calls wait where that one is awaited. To be used from any
    thread but that of a running event loop.
    """

    def __init__(self, client: AsyncHearsay) -> None:
        self._client = client
        self._running: _Loop | None = None

    @classmethod
    def connect(
        cls, url: str, *, token: str | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """Speak with a sidecar that runs; see AsyncHearsay."""
        return cls(AsyncHearsay.connect(url, token=token, **options))

    @classmethod
    def launch(
        cls,
        models: str | Sequence[str] = (),
        *,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Speak with a sidecar of our own; see AsyncHearsay."""
        return cls(
            AsyncHearsay.launch(models, arguments=arguments, environment=environment, **options)
        )

    def open(self) -> Self:
        """Start what is to be started and connect; raises HearsayError when that fails."""
        self._running = _Loop()
        try:
            self._loop.call(self._client.open())
        except BaseException:
            self._running.close()
            self._running = None
            raise
        return self

    def close(self) -> None:
        """End the session and its jobs, and the sidecar if it is our own."""
        if loop := self._running:
            loop.call(self._client.close())
            self._running = None
            loop.close()

    @property
    def _loop(self) -> _Loop:
        if self._running is None:
            raise ConnectionLostError("This client is not open; use it inside `with`")
        return self._running

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def features(self) -> frozenset[str]:
        """What this sidecar does, in the words of `Feature`; the rest it takes without effect."""
        return self._client.features

    def async_chat_completions(
        self,
        request: Request,
        *,
        job: str | None = None,
        tools: Tools | None = None,
        **options: Unpack[SubmitOptions],
    ) -> BlockingJob:
        """Ask for a reply; `job.result()` waits for it. `tools` run in threads of their own."""
        loop, client = self._loop, self._client
        ready = in_threads(tools) if tools is not None else None
        return BlockingJob(
            loop.call(client.async_chat_completions(request, job=job, tools=ready, **options)),
            loop,
        )

    def stream_chat_completions(
        self,
        request: Request,
        *,
        job: str | None = None,
        tools: Tools | None = None,
        **options: Unpack[SubmitOptions],
    ) -> BlockingJob:
        """Ask for a reply as it is written: `for text in job`; `tools` as above."""
        loop, client = self._loop, self._client
        ready = in_threads(tools) if tools is not None else None
        return BlockingJob(
            loop.call(client.stream_chat_completions(request, job=job, tools=ready, **options)),
            loop,
        )

    def prepare(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Json]] = (),
        job: str | None = None,
        priority: Priority | str = Priority.NORMAL,
    ) -> BlockingJob:
        """Have the beginning of conversations read ahead and kept; see AsyncHearsay."""
        loop = self._loop
        prepared = self._client.prepare(model, messages, tools=tools, job=job, priority=priority)
        return BlockingJob(loop.call(prepared), loop)

    def release(self, job: str) -> None:
        """Let go what a job has prepared."""
        self._do(lambda: self._client.release(job))

    def save_character(self, character: str) -> str:
        """Return a character's state, for a save-game."""
        return self._loop.call(self._client.save_character(character))

    def load_character(self, character: str, state: str) -> None:
        """Give a character's state back."""
        self._loop.call(self._client.load_character(character, state))

    def status(self) -> Status:
        """Return how busy the sidecar is."""
        return self._loop.call(self._client.status())

    def models(self) -> list[ModelInfo]:
        """Return what is served."""
        return self._loop.call(self._client.models())

    def cancel(self, job: str) -> None:
        """Take a job back; one that is over stays as it is."""
        self._do(lambda: self._client.cancel(job))

    def heard(self, job: str, characters: int, *, index: int = 0) -> None:
        """Tell how many code points of a reply were heard before it was interrupted."""
        self._do(lambda: self._client.heard(job, characters, index=index))

    def tool_result(self, job: str, call: str, content: str) -> None:
        """Tell what a tool answered."""
        self._do(lambda: self._client.tool_result(job, call, content))

    def pace(
        self,
        mode: PaceMode | str,
        *,
        share: float | None = None,
        tokens_per_second: float | None = None,
        frame_ms: float | None = None,
    ) -> None:
        """Tell how much of the machine can be spared from now on."""
        self._do(
            lambda: self._client.pace(
                mode, share=share, tokens_per_second=tokens_per_second, frame_ms=frame_ms
            )
        )

    def load_model(self, model: str) -> None:
        """Load a model that is known; `on_notice` hears how it goes."""
        self._do(lambda: self._client.load_model(model))

    def unload_model(self, model: str) -> None:
        """Give a model's memory back; its jobs fail."""
        self._do(lambda: self._client.unload_model(model))

    def _do(self, action: Callable[[], None]) -> None:
        self._loop.call(_plain(action))


async def _plain(action: Callable[[], None]) -> None:
    action()
