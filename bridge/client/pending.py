"""One job from its submit to its last message, as its client knows it."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET
from msgspec.structs import replace

from bridge.protocol import (
    MAX_CHOICES,
    CharacterLoaded,
    CharacterSaved,
    Choice,
    JobChunk,
    JobDone,
    JobFailed,
    JobField,
    JobSentence,
    JobStarted,
    JobToolCall,
    LoadCharacter,
    Prepare,
    SaveCharacter,
    Seen,
    SubmitChat,
    ToolResult,
)

Order = SubmitChat | Prepare | SaveCharacter | LoadCharacter
"""What opens a job."""

LastMessage = JobDone | JobFailed | CharacterSaved | CharacterLoaded
"""What ends a job; nothing follows it."""

JobMessage = JobStarted | JobChunk | JobField | JobSentence | JobToolCall | LastMessage
"""Whatever is said of one job."""


class GapError(Exception):
    """A part of a reply is missing; the text says which."""


class Pending:
    """
    What was asked, what of it was sent, and how much of the answer is here.

    `tell` hears each thing once and in order, however often the sidecar tells it. `now` is a
    time of the caller's clock in seconds.
    """

    def __init__(self, order: Order, tell: Callable[[JobMessage], None], now: float) -> None:
        self.order = order
        self.tell = tell
        self.sent = False
        self.heard = False
        self.cancelled = False
        self.results: dict[str, ToolResult] = {}
        self._born = now
        self._offsets: dict[tuple[bool, int], int] = {}
        self._texts: dict[tuple[bool, int], list[str]] = {}
        self._told: set[tuple[type[JobMessage], int, object]] = set()

    def due_order(self, now: float) -> Order:
        """Return what to send; time spent waiting for a connection is taken off its limits."""
        order = self.order
        if not isinstance(order, SubmitChat):
            return order
        waited = int((now - self._born) * 1000)
        return replace(
            order,
            deadline_ms=_less(order.deadline_ms, waited),
            first_token_by_ms=_less(order.first_token_by_ms, waited),
        )

    def seen(self) -> Seen:
        """Return how much is here, so that exactly the rest comes."""
        return Seen(
            job=self.order.job,
            offsets=self._offsets_of(reasoning=False),
            reasoning_offsets=self._offsets_of(reasoning=True),
        )

    def news(self, message: JobMessage) -> JobMessage | None:
        """Return what of a message is new, None if nothing is; raises GapError."""
        self.heard = True
        match message:
            case JobChunk():
                return self._rest(message)
            case JobDone():
                self._check_whole(message)
                return self._filled(message)
            case JobStarted():
                return self._once(message, 0, None)
            case JobSentence():
                return self._once(message, message.index, message.number)
            case JobField():
                return self._once(message, message.index, message.path)
            case JobToolCall():
                return self._once(message, 0, message.call.id)
            case _:
                return message

    def _once(self, message: JobMessage, index: int, key: object) -> JobMessage | None:
        told = (type(message), index, key)
        if told in self._told:
            return None
        self._told.add(told)
        return message

    def _rest(self, chunk: JobChunk) -> JobChunk | None:
        key = (chunk.reasoning, chunk.index)
        have = self._offsets.get(key, 0)
        begin = chunk.offset - len(chunk.text)
        if not 0 <= chunk.index < MAX_CHOICES or begin < 0:
            raise GapError(
                f"A chunk of choice {chunk.index} ends at {chunk.offset}: that cannot be"
            )
        if begin > have:
            raise GapError(f"The reply's code points {have} to {begin} did not come")
        if chunk.offset <= have:
            return None
        self._offsets[key] = chunk.offset
        new = replace(chunk, text=chunk.text[have - begin :])
        self._texts.setdefault(key, []).append(new.text)
        return new

    def _filled(self, done: JobDone) -> JobDone:
        """Put in the text of replies too long for one message: it came in chunks."""
        choices = [self._filled_choice(choice) for choice in done.response.choices]
        return replace(done, response=replace(done.response, choices=choices))

    def _filled_choice(self, choice: Choice) -> Choice:
        message = choice.message
        if message.content is None and (False, choice.index) in self._texts:
            message = replace(message, content="".join(self._texts[False, choice.index]))
        if message.reasoning_content is UNSET and (True, choice.index) in self._texts:
            thought = "".join(self._texts[True, choice.index])
            message = replace(message, reasoning_content=thought)
        return replace(choice, message=message)

    def _check_whole(self, done: JobDone) -> None:
        if not isinstance(self.order, SubmitChat) or not self.order.request.stream:
            return
        for choice in done.response.choices:
            thought = choice.message.reasoning_content
            texts = {False: choice.message.content or "", True: "" if thought is UNSET else thought}
            for reasoning, text in texts.items():
                have = self._offsets.get((reasoning, choice.index), 0)
                if len(text) > have:
                    raise GapError(f"The reply's end, from code point {have} on, was not streamed")

    def _offsets_of(self, *, reasoning: bool) -> list[int]:
        last = max((index for kind, index in self._offsets if kind is reasoning), default=-1)
        return [self._offsets.get((reasoning, index), 0) for index in range(last + 1)]


def _less(limit: int | None, waited: int) -> int | None:
    return None if limit is None else max(1, limit - waited)
