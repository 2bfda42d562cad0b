"""A line of tokens that is being read, then written."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto

from bridge.engine.sampler import Sampler
from bridge.engine.text import TextFlow
from bridge.protocol import FinishReason

NO_SLOT = -1


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
    cache of `slot`. `text` is what has left of the reply so far, in pieces. `limit` is how many
    tokens may be sampled in all. Times are the engine clock's seconds; None until it happened.
    """

    job: str
    index: int
    tokens: list[int]
    prompt_length: int
    limit: int
    sampler: Sampler
    flow: TextFlow
    queued_at: float
    state: State = State.WAITING
    slot: int = NO_SLOT
    read: int = 0
    cached: int | None = None
    admitted_at: float | None = None
    first_token_at: float | None = None
    ended_at: float | None = None
    reason: FinishReason | None = None
    text: list[str] = field(default_factory=list)

    @property
    def unread(self) -> int:
        """How many tokens are not in the KV cache yet."""
        return len(self.tokens) - self.read

    @property
    def written(self) -> int:
        """How many tokens have been sampled."""
        return len(self.tokens) - self.prompt_length

    def admit(self, slot: int, held: int, now: float) -> None:
        """Take a slot that already holds the first `held` tokens."""
        self.slot = slot
        self.read = held
        self.state = State.PREFILL
        if self.cached is None:  # A preempted sequence's second reading is not the client's gain.
            self.cached = min(held, self.prompt_length)
            self.admitted_at = now

    def release(self, state: State) -> None:
        """Give the slot back, for good or because somebody else needs the room."""
        self.slot = NO_SLOT
        self.read = 0
        self.state = state
