"""What of one job a session's client has been told; it can be taken back and told again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.choice import Choice
from bridge.jobs.happenings import Happenings
from bridge.jobs.job import Job
from bridge.jobs.response import chat_response
from bridge.protocol import (
    MAX_FRAME_BYTES,
    JobChunk,
    JobDone,
    JobFailed,
    JobStarted,
    JobToolCall,
    Logprobs,
    Seen,
    ServerMessage,
    SubmitChat,
    ToolCall,
    WhenGone,
)

MAX_CHUNK = 1 << 16
"""Code points of the longest chunk: what lay unread for long is told in several."""

MAX_SCORES = 256
"""Tokens of one chunk whose probabilities are told: each may have twenty others beside it."""

SCORE_WEIGHT = 512
"""Code points that a token's probabilities count for, of what the last message has room for."""

MAX_TEXT = MAX_FRAME_BYTES // 8
"""Replies that have more code points together might not fit a frame, at JSON's worst."""


class Telling:
    """
    One job of a session, in the words of our protocol; without an order, one that has no text.
    `answer` makes the last message of one that ends well, where that is not `job_done`.

    `created` is when the job came, in seconds since 1970. Text is told with the offset where it
    ends, so that what was not read in time can be joined and what was lost can be told again.
    Replies that are too long for the last message are told in chunks, asked for or not, and the
    last message has null in their place. `slips` are told when the job has started.
    """

    def __init__(
        self,
        name: str,
        job: Job,
        created: int,
        order: SubmitChat | None = None,
        answer: Callable[[Job], ServerMessage] | None = None,
        slips: Sequence[str] = (),
    ) -> None:
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
        self._answer = answer
        self._slips = list(slips)
        self._streams = order is not None and order.request.stream is True
        self._has_text = order is not None
        self._started = False
        self._offsets = [0] * len(job.choices)
        self._reasoned = [0] * len(job.choices)
        self._called: set[str] = set()
        self._happenings = [
            Happenings(name, index, order) for index in range(len(job.choices)) if order
        ]

    def next_message(self) -> ServerMessage | None:
        """Return the next thing the client does not know; the last message only once."""
        job = self.job
        if self.told:
            return None
        if job.started and not self._started:
            self._started = True
            tokens = job.prompt_tokens or 0
            return JobStarted(job=self.name, prompt_tokens=tokens, warnings=self._slips)
        if (self._streams or (job.done and self._is_long)) and (chunk := self._chunk()):
            return chunk
        for happenings, choice in zip(self._happenings, job.choices, strict=False):
            if happening := happenings.next(choice):
                return happening
        if call := self._call():
            return call
        if not job.done:
            return None
        self.told = True
        return self._last()

    def check(self, seen: Seen) -> None:
        """Raise HearsayError(INVALID_REQUEST) when a client claims more than was written."""
        ends = [choice.end for choice in self.job.choices]
        thought = [choice.reasoning.end for choice in self.job.choices]
        claimed = [*zip(seen.offsets, ends, strict=False)]
        claimed += zip(seen.reasoning_offsets, thought, strict=False)
        if any(offset > end for offset, end in claimed):
            reason = f"Job {self.name!r} has not written so much; resume with what was received"
            raise HearsayError(ErrorCode.INVALID_REQUEST, reason, "resume.seen")

    def rewind(self, seen: Seen) -> None:
        """Take as told only what the client says it has."""
        missing = [0] * len(self._offsets)
        self._offsets = [*seen.offsets, *missing][: len(missing)]
        self._reasoned = [*seen.reasoning_offsets, *missing][: len(missing)]
        self._called.clear()  # Whoever knows a call is not told of it twice: it has an id.
        for happenings in self._happenings:
            happenings.rewind()
        self._started = self.told = False

    @property
    def _is_long(self) -> bool:
        return self._has_text and sum(map(_weight, self.job.choices)) > MAX_TEXT

    def _chunk(self) -> JobChunk | None:
        for index, choice in enumerate(self.job.choices):
            if thought := choice.reasoning.read(self._reasoned[index], MAX_CHUNK):
                self._reasoned[index] = end = self._reasoned[index] + len(thought)
                return JobChunk(
                    job=self.name, index=index, offset=end, text=thought, reasoning=True
                )
            if chunk := self._text_chunk(index, choice):
                return chunk
        return None

    def _text_chunk(self, index: int, choice: Choice) -> JobChunk | None:
        begin, most, logprobs = self._offsets[index], MAX_CHUNK, None
        if self.job.tells_logprobs:
            most = min(most, choice.offset_of(begin, MAX_SCORES) - begin)
        text = choice.read(begin, most)
        if not text:
            return None
        self._offsets[index] = end = begin + len(text)
        if self.job.tells_logprobs:
            logprobs = Logprobs(content=choice.logprobs(begin, end))
        return JobChunk(job=self.name, index=index, offset=end, text=text, logprobs=logprobs)

    def _call(self) -> JobToolCall | None:
        """Return a call that waits for its result and has not been told."""
        rounds = self.job.rounds
        for call in self.job.choices[0].pending if rounds else ():
            if call.id not in self._called and rounds and rounds.results.get(call.id, "") is None:
                self._called.add(call.id)
                told = ToolCall(id=call.id, name=call.name, arguments=call.arguments.text)
                return JobToolCall(job=self.name, call=told)
        return None

    def _last(self) -> ServerMessage:
        if error := self.job.error:
            # What is at fault in a request lies below the order's field `request`.
            param = f"request.{error.param}" if error.param and self._has_text else error.param
            return JobFailed(
                job=self.name, code=str(error.code), message=error.message, param=param
            )
        if self._answer:
            return self._answer(self.job)
        whole = self._has_text and not self._is_long
        response = chat_response(self.job, self._created, self._texts(), whole=whole)
        return JobDone(job=self.name, response=response, timings=self.job.timings)

    def _texts(self) -> list[str | None]:
        if not self._has_text:
            return [""] * len(self._offsets)
        if self._is_long:
            return [None] * len(self._offsets)
        return [choice.text for choice in self.job.choices]


def _weight(choice: Choice) -> int:
    """Return about how many code points a reply has in the last message, at the most."""
    calls = sum(call.arguments.end for call in choice.pending)
    scores = len(choice.logprobs()) * SCORE_WEIGHT
    return choice.end + choice.reasoning.end + calls + scores
