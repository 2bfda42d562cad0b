"""What goes into the engine and what comes out: orders, events, and what it has done in all."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.engine.backend import Scores
from bridge.engine.constraint import Constraint
from bridge.engine.flow import Flow, Unheard
from bridge.engine.sequence import Sequence
from bridge.protocol import Priority, Sampling


@dataclass(frozen=True, slots=True)
class Written:
    """
    New tokens of a sequence; its flow knows what may leave with them.

    `scores` has, where they were asked for, for each token but one that ends the reply the log
    probabilities of it and then of the likeliest tokens.
    """

    sequence: Sequence
    ids: list[int]
    scores: list[Scores] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ended:
    """A sequence is over; its `reason` or its `fault` says why. Nothing follows for it."""

    sequence: Sequence


Event = Written | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """
    What to write: see `bridge.worker.messages.Submit`; `written` is replayed, not reported.

    `deadline` and `first_token_by` are times of the engine's clock. One that `reads_only` writes
    nothing: it ends when its prompt is read, and if `pinned` that stays until `unpin`.
    `constraint` is at its beginning, and this reply's own; `constraint_field` is the field of the
    request that asked for it, for errors.
    """

    job: str
    index: int
    prompt: list[int]
    sampling: Sampling
    seed: int
    max_tokens: int | None = None
    flow: Flow = field(default_factory=Unheard)
    top_logprobs: int | None = None
    ignore_eos: bool = False
    written: tuple[int, ...] = ()
    constraint: Constraint | None = None
    constraint_field: str = "response_format"
    priority: Priority = Priority.NORMAL
    deadline: float | None = None
    first_token_by: float | None = None
    reads_only: bool = False
    pinned: bool = False


@dataclass(slots=True)
class Totals:
    """What the engine has done since its start."""

    steps: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    decode_seconds: float = 0.0
    preemptions: int = 0
    guessed_tokens: int = 0
