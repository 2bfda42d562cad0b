"""A line of tokens that is being read, then written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from bridge.engine.constraint import Constraint
from bridge.engine.flow import Flow
from bridge.engine.lookup import Notes
from bridge.engine.sampler import Sampler
from bridge.errors import HearsayError
from bridge.protocol import FinishReason, Priority

NO_SLOT = -1

LEVELS = {priority: level for level, priority in enumerate(Priority)}
"""The rank of a priority; 0 goes first."""

AGEING_SECONDS = 15.0
"""Who was not served for so long rises by one level, and stays there: nobody starves."""


class State(Enum):
    """The life of a sequence; preemption leads from PREFILL or DECODE back to WAITING."""

    WAITING = auto()
    PREFILL = auto()
    DECODE = auto()
    FINISHED = auto()


@dataclass(slots=True, eq=False, kw_only=True)
class Sequence:
    """
    One reply in the making.

    `tokens` is the prompt followed by everything sampled; the first `read` of them are in the KV
    cache of `slot`. `limit` is how many tokens may be sampled in all; a `greedy` one always takes
    the likeliest, and an `exact` one, greedy or of a given seed, is to be the same each time.
    Times are the engine clock's seconds; None until it happened.

    `level` is the rank it is served by (see LEVELS); it begins with its priority's and improves
    while nobody serves it. `reads_only` ones end when all their tokens are read; `pinned` ones
    have what they read kept. `fault` is why it failed, if it did. `pauses` are
    positions where others wait for a copy of the state.
    """

    job: str
    index: int
    tokens: list[int]
    prompt_length: int
    limit: int
    sampler: Sampler
    flow: Flow
    queued_at: float
    greedy: bool = False
    exact: bool = False
    notes: Notes = field(default_factory=Notes)
    constraint: Constraint | None = None
    constraint_field: str = "response_format"
    top_logprobs: int | None = None
    priority: Priority = Priority.NORMAL
    deadline: float | None = None
    first_token_by: float | None = None
    reads_only: bool = False
    pinned: bool = False
    arrival: int = 0
    level: int = -1
    served_at: float = 0.0
    preemptions: int = 0
    pauses: set[int] = field(default_factory=set)
    state: State = State.WAITING
    slot: int = NO_SLOT
    read: int = 0
    cached: int | None = None
    admitted_at: float | None = None
    first_token_at: float | None = None
    ended_at: float | None = None
    reason: FinishReason | None = None
    fault: HearsayError | None = None

    def __post_init__(self) -> None:
        self.level = LEVELS[self.priority]
        self.served_at = self.queued_at

    @property
    def weight(self) -> float:
        """How much what it has read is worth beside the same of other priorities."""
        return float(2 ** (len(LEVELS) - LEVELS[self.priority]))

    @property
    def to_be_found(self) -> list[int]:
        """The tokens that may come from a cache: the last one's logits are the next word."""
        return self.tokens if self.reads_only else self.tokens[:-1]

    @property
    def unread(self) -> int:
        """How many tokens are not in the KV cache yet."""
        return len(self.tokens) - self.read

    @property
    def written(self) -> int:
        """How many tokens have been sampled."""
        return len(self.tokens) - self.prompt_length

    @property
    def has_read_all(self) -> bool:
        """Whether it was to read only and has a slot with everything in it."""
        return self.reads_only and self.slot != NO_SLOT and not self.unread

    @property
    def is_complete(self) -> bool:
        """Whether its stop string or its constraint lets nothing follow."""
        return self.flow.stopped or (self.constraint is not None and self.constraint.finished)

    def is_late(self, now: float, first_token: float) -> bool:
        """Whether it is of no use any more if its first token cannot come before a time."""
        if self.deadline is not None and max(now, first_token) >= self.deadline:
            return True
        waits = self.first_token_at is None and self.first_token_by is not None
        return waits and first_token >= (self.first_token_by or 0.0)

    def age(self, now: float) -> None:
        """Rise by one level if nobody has served it for long."""
        if self.level and now - self.served_at >= AGEING_SECONDS:
            self.level -= 1
            self.served_at = now

    def admit(self, slot: int, held: int, now: float) -> None:
        """Take a slot that already holds the first `held` tokens."""
        self.slot = slot
        self.read = held
        self.state = State.PREFILL
        self.pauses.clear()
        if self.cached is None:  # A preempted sequence's second reading is not the client's gain.
            self.cached = min(held, self.prompt_length)
            self.admitted_at = now

    def release(self, state: State) -> None:
        """Give the slot back, for good or because somebody else needs the room."""
        self.slot = NO_SLOT
        self.read = 0
        self.state = state
