"""What of one job a session's client has been told; it can be taken back and told again."""

from __future__ import annotations

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.job import Job
from bridge.jobs.response import chat_response
from bridge.protocol import (
    MAX_FRAME_BYTES,
    JobChunk,
    JobDone,
    JobFailed,
    JobStarted,
    Seen,
    ServerMessage,
    SubmitChat,
    Timings,
    WhenGone,
)

MAX_CHUNK = 1 << 16
"""Code points of the longest chunk: what lay unread for long is told in several."""

MAX_TEXT = MAX_FRAME_BYTES // 8
"""Replies that have more code points together might not fit a frame, at JSON's worst."""


class Telling:
    """
    One job of a session, in the words of our protocol; without an order, one that has no text.

    `created` is when the job came, in seconds since 1970. Text is told with the offset where it
    ends, so that what was not read in time can be joined and what was lost can be told again.
    Replies that are too long for the last message are told in chunks, asked for or not, and the
    last message has null in their place.
    """

    def __init__(self, name: str, job: Job, created: int, order: SubmitChat | None = None) -> None:
        self.name = name
        self.job = job
        self.replace_key = order.replace_key if order else None
        self.cancel_when_gone = order is not None and order.when_gone is WhenGone.CANCEL
        self.told = False
        """Whether the last message has been told."""
        self.over_at = 0.0
        """When it was, by the session's clock."""
        self.queued = False
        """Whether the session will ask for news anyway."""
        self._created = created
        self._streams = order is not None and order.request.stream is True
        self._has_text = order is not None
        self._started = False
        self._offsets = [0] * len(job.choices)

    def next_message(self) -> ServerMessage | None:
        """Return the next thing the client does not know; the last message only once."""
        job = self.job
        if self.told:
            return None
        if job.started and not self._started:
            self._started = True
            return JobStarted(job=self.name, prompt_tokens=job.prompt_tokens or 0)
        if (self._streams or (job.done and self._is_long)) and (chunk := self._chunk()):
            return chunk
        if not job.done:
            return None
        self.told = True
        return self._last()

    def check(self, seen: Seen) -> None:
        """Raise HearsayError(INVALID_REQUEST) when a client claims more than was written."""
        ends = [choice.end for choice in self.job.choices]
        if any(offset > end for offset, end in zip(seen.offsets, ends, strict=False)):
            reason = f"Job {self.name!r} has not written so much; resume with what was received"
            raise HearsayError(ErrorCode.INVALID_REQUEST, reason, "resume.seen")

    def rewind(self, seen: Seen) -> None:
        """Take as told only what the client says it has."""
        missing = [0] * len(self._offsets)
        self._offsets = [*seen.offsets, *missing][: len(missing)]
        self._started = self.told = False

    @property
    def _is_long(self) -> bool:
        return self._has_text and sum(choice.end for choice in self.job.choices) > MAX_TEXT

    def _chunk(self) -> JobChunk | None:
        for index, choice in enumerate(self.job.choices):
            if text := choice.read(self._offsets[index], MAX_CHUNK):
                self._offsets[index] += len(text)
                return JobChunk(job=self.name, index=index, offset=self._offsets[index], text=text)
        return None

    def _last(self) -> ServerMessage:
        if error := self.job.error:
            # What is at fault in a request lies below the order's field `request`.
            param = f"request.{error.param}" if error.param and self._has_text else error.param
            return JobFailed(
                job=self.name, code=str(error.code), message=error.message, param=param
            )
        first = self.job.choices[0].finished
        times = (first.queued_ms, first.prefill_ms, first.decode_ms) if first else (0.0, 0.0, 0.0)
        response = chat_response(self.job, self._created, self._texts())
        return JobDone(job=self.name, response=response, timings=Timings(*times))

    def _texts(self) -> list[str | None]:
        if not self._has_text:
            return [""] * len(self._offsets)
        if self._is_long:
            return [None] * len(self._offsets)
        return [choice.text for choice in self.job.choices]
