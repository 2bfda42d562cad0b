"""OpenAI's chat completions as a dialect: one request, one answer, plain or as a stream."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    MODEL_PREFIX,
    ChatChunk,
    ChatRequest,
    ChatResponse,
    Choice,
    ChunkChoice,
    Delta,
    DeltaToolCall,
    FinishReason,
    HttpChatRequest,
    Logprobs,
    Timings,
    TokenLogprob,
    Usage,
)
from bridge.wire.chat_request import read_chat_request, slips_in_words
from bridge.wire.dialect import Order
from bridge.wire.gathered import Gathered
from bridge.wire.http_errors import ERROR_FORMS, error_body

DONE = b"data: [DONE]\n\n"

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode

# Line ends to Unicode and so to many a client's way of splitting a stream, but not to JSON.
_LINE_ENDS = tuple((end.encode(), f"\\u{ord(end):04x}".encode()) for end in "\x85\u2028\u2029")


def event(document: bytes) -> bytes:
    """Return a JSON document as a server-sent event, on one line by anybody's measure."""
    for end, escaped in _LINE_ENDS:
        document = document.replace(end, escaped)
    return b"data: " + document + b"\n\n"


class Head(NamedTuple):
    """The status and headers of an HTTP answer, known once there is something to say."""

    status: int
    headers: dict[str, str]


class Answer:
    """What every answer has: a head, and errors as a whole body."""

    def __init__(self) -> None:
        self.head: Head | None = None

    def failed(self, error: HearsayError) -> bytes:
        """Answer with an error and its HTTP status."""
        form = ERROR_FORMS[error.code]
        self.head = Head(form.status, {"content-type": "application/json", **form.headers})
        return error_body(error)


DROPPED = "x-hearsay-dropped-messages"
"""The header that tells how many messages a conversation that was too long had to leave out."""


class JobAnswer(Answer):
    """What the answer to an accepted request has: one id, one time and one model throughout."""

    def __init__(self, request: ChatRequest, created: int) -> None:
        super().__init__()
        self._id = ""  # made of the job's, when it starts
        self._created = created
        self._model = request.model.removeprefix(MODEL_PREFIX)
        self._headers: dict[str, str] = {}
        self._tells_timings = isinstance(request, HttpChatRequest) and request.timings

    def _told(self, timings: Timings | None) -> Timings | UnsetType:
        # OpenAI's own answers have no such field, so nobody is told who has not asked.
        return timings if self._tells_timings and timings else UNSET

    def _start(self, job: str, dropped: int) -> None:
        self._id = f"chatcmpl-{job}"
        if dropped:
            self._headers[DROPPED] = str(dropped)


class PlainAnswer(JobAnswer):
    """One JSON document, written when all choices are over."""

    def __init__(self, request: ChatRequest, created: int) -> None:
        super().__init__(request, created)
        asked = bool(request.logprobs)
        self._gathered = [Gathered(tells_logprobs=asked) for _ in range(request.n or 1)]
        self._choices: list[Choice] = []

    def started(self, job: str, dropped: int = 0) -> bytes:
        """Remember the id; an error may still want another status."""
        self._start(job, dropped)
        return b""

    def wrote(self, index: int, text: str, scores: list[TokenLogprob] | None = None) -> bytes:
        """Keep the text for the end."""
        self._gathered[index].texts.append(text)
        self._gathered[index].scores += scores or []
        return b""

    def reasoned(self, index: int, text: str) -> bytes:
        """Keep the thinking for the end."""
        self._gathered[index].thoughts.append(text)
        return b""

    def called(self, index: int, news: DeltaToolCall) -> bytes:
        """Keep the call for the end."""
        self._gathered[index].call(news)
        return b""

    def finished(self, index: int, reason: FinishReason) -> bytes:
        """Keep the finished choice for the end."""
        self._choices.append(self._gathered[index].choice(index, reason))
        return b""

    def done(self, usage: Usage, timings: Timings | None = None) -> bytes:
        """Return the whole answer."""
        self.head = Head(200, {"content-type": "application/json", **self._headers})
        self._choices.sort(key=lambda choice: choice.index)
        return _encode(
            ChatResponse(
                id=self._id,
                created=self._created,
                model=self._model,
                choices=self._choices,
                usage=usage,
                timings=self._told(timings),
            )
        )


class StreamAnswer(JobAnswer):
    """Server-sent events: a role per choice, text, finish reasons, then `[DONE]`."""

    def __init__(self, request: ChatRequest, created: int) -> None:
        super().__init__(request, created)
        self._choices = range(request.n or 1)
        options = request.stream_options
        self._tells_usage = options is not None and options.include_usage

    def started(self, job: str, dropped: int = 0) -> bytes:
        """Open the stream with the role of every choice."""
        self._start(job, dropped)
        kind = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"}
        self.head = Head(200, kind | self._headers)
        return b"".join(self._frame(index, Delta(role="assistant")) for index in self._choices)

    def wrote(self, index: int, text: str, scores: list[TokenLogprob] | None = None) -> bytes:
        """Return a chunk of text."""
        return self._frame(index, Delta(content=text), scores=scores)

    def reasoned(self, index: int, text: str) -> bytes:
        """Return a chunk of thinking."""
        return self._frame(index, Delta(reasoning_content=text))

    def called(self, index: int, news: DeltaToolCall) -> bytes:
        """Return a chunk of a call."""
        return self._frame(index, Delta(tool_calls=[news]))

    def finished(self, index: int, reason: FinishReason) -> bytes:
        """Return a choice's last chunk, which holds no text."""
        return self._frame(index, Delta(), reason)

    def done(self, usage: Usage, timings: Timings | None = None) -> bytes:
        """Return the end; usage and timings only if asked for, for their chunk has no choices."""
        told = self._told(timings)
        if not self._tells_usage and told is UNSET:
            return DONE
        return self._event([], usage if self._tells_usage else UNSET, told) + DONE

    def failed(self, error: HearsayError) -> bytes:
        """Return an event that SDKs raise as an error; before the start, a real status."""
        if self.head is None:
            return super().failed(error)
        return event(error_body(error)) + DONE

    def _frame(
        self,
        index: int,
        delta: Delta,
        reason: FinishReason | None = None,
        scores: list[TokenLogprob] | None = None,
    ) -> bytes:
        logprobs = None if scores is None else Logprobs(content=scores)
        choice = ChunkChoice(index=index, delta=delta, finish_reason=reason, logprobs=logprobs)
        return self._event([choice], None if self._tells_usage else UNSET)

    def _event(
        self,
        choices: list[ChunkChoice],
        usage: Usage | UnsetType | None,
        timings: Timings | UnsetType = UNSET,
    ) -> bytes:
        chunk = ChatChunk(
            id=self._id,
            created=self._created,
            model=self._model,
            choices=choices,
            usage=usage,
            timings=timings,
        )
        return event(_encode(chunk))


class ChatCompletion:
    """
    The dialect of `POST /v1/chat/completions`: one body in, one answer out.

    `created` is the time of the answer in seconds since 1970.
    """

    def __init__(self, created: int) -> None:
        self._created = created
        self._answer = Answer()
        self._refusal = b""
        self._warnings: dict[str, str] = {}

    @property
    def head(self) -> Head | None:
        """The answer's status and headers; None until there is something to send."""
        head = self._answer.head
        if head is None or not self._warnings:
            return head
        return head._replace(headers={**head.headers, "x-hearsay-warning": self.warning})

    @property
    def warning(self) -> str:
        """What looks like a slip in the request and was let pass; often empty."""
        return "; ".join(slips_in_words(self._warnings))

    def receive_data(self, data: bytes) -> Sequence[Order]:
        """Return the order that a body is, or none and have an error to send."""
        try:
            request, self._warnings = read_chat_request(data)
        except HearsayError as error:
            return self._refuse(error)
        except Exception:  # noqa: BLE001 - whatever a client can send, a bug of ours is not its end
            _log.exception("a request could not be read")
            return self._refuse(HearsayError(ErrorCode.INTERNAL, "The request could not be read"))
        kind = StreamAnswer if request.stream else PlainAnswer
        answer = self._answer = kind(request, self._created)
        return [Order(request, answer)]

    def data_to_send(self) -> bytes:
        """Return the error that answers a body which is no order."""
        refusal, self._refusal = self._refusal, b""
        return refusal

    def _refuse(self, error: HearsayError) -> Sequence[Order]:
        self._refusal = self._answer.failed(error)
        return []
