"""A host that says what a test tells it to, when it tells it to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from bridge.errors import ErrorCode
from bridge.protocol import FinishReason, Pace
from bridge.worker.messages import (
    Failed,
    Finished,
    Load,
    Memory,
    Output,
    Ready,
    Remembered,
    Started,
    Submit,
    Wrote,
)

PROMPT_TOKENS = 12


class ScriptedHost:
    """
    Stands for a worker's supervisor.

    With `words`, every job gets them by itself, one each turn of the event loop. A job that is
    cancelled ends as such.
    """

    def __init__(self, words: Sequence[str] | None = None) -> None:
        self.state = "ready"
        self.progress = 1.0
        self.failure: str | None = None
        self.ready: Ready | None = None
        self.load = Load()
        self.restarts = 0
        self.submits: list[Submit] = []
        self.cancelled: list[str] = []
        self.released: list[str] = []
        self.paces: list[Pace | None] = []
        self.changed = asyncio.Event()
        self._words = words
        self._sinks: dict[str, Callable[[Output], None]] = {}

    @property
    def job(self) -> str:
        """The id of the newest job."""
        return self.submits[-1].job

    async def start(self) -> None:
        self.state = "ready"
        self.changed.set()

    async def stop(self, code: ErrorCode, reason: str) -> None:
        self.state = "stopped"
        for job, sink in list(self._sinks.items()):
            sink(Failed(job, code, reason))
        self.changed.set()

    def submit(self, submit: Submit, sink: Callable[[Output], None]) -> None:
        self.submits.append(submit)
        self._sinks[submit.job] = sink
        self.changed.set()
        if self._words is not None:
            task = asyncio.ensure_future(self._talk(submit, self._words))
            task.add_done_callback(lambda done: done.result())

    def cancel(self, job: str) -> None:
        self.cancelled.append(job)
        self.changed.set()
        if job in self._sinks:
            submit = next(each for each in self.submits if each.job == job)
            for index in range(submit.choices):
                self.finish(index=index, reason=FinishReason.CANCELLED, job=job)

    def release(self, job: str) -> None:
        self.released.append(job)
        self.changed.set()

    def pace(self, pace: Pace | None) -> None:
        self.paces.append(pace)

    def begin(self, job: str | None = None) -> None:
        """Say that the job is understood; `start` is the model's."""
        self._say(Started(job or self.job, PROMPT_TOKENS))

    def write(self, text: str, index: int = 0, job: str | None = None) -> None:
        self._say(Wrote(job or self.job, index, [1], text))

    def finish(
        self,
        reason: FinishReason = FinishReason.STOP,
        index: int = 0,
        job: str | None = None,
        tokens: int = 8,
    ) -> None:
        self._say(
            Finished(
                job=job or self.job,
                index=index,
                reason=reason,
                cached_tokens=5 + index,
                completion_tokens=tokens,
                queued_ms=20.0,
                prefill_ms=1.0,
                decode_ms=1.0,
            )
        )

    def remember(self, memory: Memory) -> None:
        """Say what a character remembers."""
        self._say(Remembered(self.job, memory))
        self.finish()

    def fail(
        self,
        code: ErrorCode,
        message: str = "It broke",
        param: str | None = None,
        job: str | None = None,
    ) -> None:
        self._say(Failed(job or self.job, code, message, param))

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something holds that only a submit or a cancel can bring about."""
        async with asyncio.timeout(10):
            while not condition():
                self.changed.clear()
                await self.changed.wait()

    async def _talk(self, submit: Submit, words: Sequence[str]) -> None:
        self.begin(submit.job)
        for word in words:
            for index in range(submit.choices):
                self.write(word, index, submit.job)
            await asyncio.sleep(0)
        for index in range(submit.choices):
            self.finish(index=index, job=submit.job, tokens=len(words))

    def _say(self, output: Output) -> None:
        if output.job in self._sinks:
            self._sinks[output.job](output)
