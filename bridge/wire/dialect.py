"""What a dialect is: a way of speaking, from bytes to orders and from a job's news to bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bridge.errors import HearsayError
from bridge.protocol import (
    ChatRequest,
    DeltaToolCall,
    FinishReason,
    Timings,
    TokenLogprob,
    Usage,
)


class Reply(Protocol):
    """
    Puts the news of one job into bytes, which may be none.

    Told in order: `started`, then `wrote`, `reasoned`, `called` and one `finished` per choice, then
    `done`; or at any time `failed`, and nothing after it.
    """

    def started(self, job: str, dropped: int = 0) -> bytes:
        """The job was understood and fits, now that so many of its messages were left out."""

    def wrote(self, index: int, text: str, scores: list[TokenLogprob] | None = None) -> bytes:
        """A choice has new text; `scores` are its tokens' probabilities, if they were asked for."""

    def reasoned(self, index: int, text: str) -> bytes:
        """A choice has new thinking."""

    def called(self, index: int, news: DeltaToolCall) -> bytes:
        """A choice calls a tool, or has more arguments for it."""

    def finished(self, index: int, reason: FinishReason) -> bytes:
        """A choice has ended."""

    def done(self, usage: Usage, timings: Timings | None = None) -> bytes:
        """The job has ended well; `timings` say where its time went."""

    def failed(self, error: HearsayError) -> bytes:
        """The job has ended badly."""


class Order(NamedTuple):
    """A request, and how its job's news is to be told."""

    request: ChatRequest
    reply: Reply


class Dialect(Protocol):
    """One client's way of speaking; it knows bytes and messages, no sockets and no jobs."""

    def receive_data(self, data: bytes) -> Sequence[Order]:
        """Return what a client's message orders; never raises: a bad message is answered."""

    def data_to_send(self) -> bytes:
        """Return what the dialect itself has to say, once."""
