"""The engine: sequences go in, `step()` moves all of them on by one decode, text comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bridge.engine.backend import Backend, BackendError, Decoded
from bridge.engine.batch import Batch
from bridge.engine.sampler import Sampler
from bridge.engine.scheduler import Scheduler
from bridge.engine.sequence import Sequence, State
from bridge.engine.slots import SlotPool
from bridge.engine.text import TextFlow
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason, Sampling

CHUNK_TOKENS = 128
"""How much of a prompt is read in one step while replies run; it bounds the stall they feel."""


@dataclass(frozen=True, slots=True)
class Written:
    """New tokens of a sequence and the text that may leave with them."""

    sequence: Sequence
    ids: list[int]
    text: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A sequence is over; its `reason` says why. Nothing follows for it."""

    sequence: Sequence


Event = Written | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to write: see `bridge.worker.messages.Submit`; `written` is replayed, not reported."""

    job: str
    index: int
    prompt: list[int]
    sampling: Sampling
    seed: int
    max_tokens: int | None = None
    stops: tuple[str, ...] = ()
    ignore_eos: bool = False
    written: tuple[int, ...] = ()


@dataclass(slots=True)
class Totals:
    """What the engine has done since its start."""

    steps: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    decode_seconds: float = 0.0


class Engine:
    """One model at work. Not thread-safe: one thread calls everything here."""

    def __init__(
        self, backend: Backend, clock: Callable[[], float], chunk_tokens: int = CHUNK_TOKENS
    ) -> None:
        self._backend = backend
        self._clock = clock
        self._slots = SlotPool(backend)
        self._scheduler = Scheduler(self._slots, backend.batch_tokens, chunk_tokens)
        self._events: list[Event] = []
        self.totals = Totals()

    @property
    def idle(self) -> bool:
        """Whether a step would do nothing."""
        return self._scheduler.idle and not self._events

    @property
    def running(self) -> int:
        """How many sequences have a slot."""
        return self._scheduler.running

    @property
    def waiting(self) -> int:
        """How many sequences have none yet."""
        return self._scheduler.waiting

    @property
    def cells_used(self) -> int:
        """How many KV cells are taken, estimated from above."""
        return self._slots.cells_used

    def add(self, order: Order) -> Sequence:
        """
        Queue a reply; raises HearsayError when the prompt leaves no room for one.

        A reply that was begun before (`written`) goes through its sampler and its text flow
        again, so that penalties and held-back text are as they were; what left then is not
        reported twice.
        """
        length = len(order.prompt)
        room = self._backend.context - length
        if room <= 0:
            raise HearsayError(
                ErrorCode.CONTEXT_EXCEEDED,
                f"The messages are {length} tokens, but the context holds {self._backend.context} "
                f"and must have room for a reply; {self._way_out}",
                "messages",
            )
        sequence = Sequence(
            job=order.job,
            index=order.index,
            tokens=[*order.prompt, *order.written],
            prompt_length=length,
            limit=room if order.max_tokens is None else min(room, order.max_tokens),
            sampler=self._sampler(order),
            flow=TextFlow(order.stops),
            queued_at=self._clock(),
        )
        for token in order.written:
            sequence.text.append(sequence.flow.push(self._backend.piece(token)))
        self._scheduler.add(sequence)
        return sequence

    def cancel(self, job: str) -> None:
        """End all sequences of a job as cancelled; the next step says so."""
        for sequence in [each for each in self._scheduler if each.job == job]:
            self._end(sequence, FinishReason.CANCELLED)

    def step(self) -> list[Event]:
        """Decode one batch, sample what it asks for, and return everything that happened."""
        batch = self._scheduler.schedule(self._clock())
        if len(batch) and self._decode(batch):
            for row, sequence in zip(batch.wanted, batch.asking, strict=True):
                self._take(sequence, self._backend.sample(row, sequence.sampler))
        events, self._events = self._events, []
        return events

    def _decode(self, batch: Batch) -> bool:
        started = self._clock()
        decoded = self._backend.decode(batch)
        if decoded is Decoded.FULL and not self._scheduler.make_room():
            raise BackendError("no KV cell is left, though nothing else uses the cache")
        if decoded is not Decoded.DONE:
            return False
        batch.mark_read()
        self.totals.steps += 1
        self.totals.decode_seconds += self._clock() - started
        return True

    def _take(self, sequence: Sequence, token: int) -> None:
        if sequence.first_token_at is None:
            sequence.first_token_at = self._clock()
            self.totals.prompt_tokens += sequence.prompt_length
            self.totals.cached_tokens += sequence.cached or 0
        sequence.state = State.DECODE
        sequence.tokens.append(token)
        self.totals.completion_tokens += 1
        ends = self._backend.ends(token)
        text = "" if ends else sequence.flow.push(self._backend.piece(token))
        reason = _reason(sequence, ends)
        if reason and not sequence.flow.stopped:
            text += sequence.flow.finish()
        sequence.text.append(text)
        self._events.append(Written(sequence, [token], text))
        if reason:
            self._end(sequence, reason)

    def _end(self, sequence: Sequence, reason: FinishReason) -> None:
        sequence.reason = reason
        sequence.ended_at = self._clock()
        self._scheduler.finish(sequence)
        sequence.sampler.close()
        self._events.append(Ended(sequence))

    @property
    def _way_out(self) -> str:
        if self._backend.context < self._backend.cells:
            return "shorten them: this model was trained for no more"
        return "shorten them or raise --ctx"

    def _sampler(self, order: Order) -> Sampler:
        # A new random stream for every position: after a crash the old one cannot be restored.
        seed = (order.seed + order.index + len(order.written) * 0x9E3779B1) & 0xFFFFFFFF
        return self._backend.sampler(
            order.sampling,
            seed=seed,
            ignore_eos=order.ignore_eos,
            history=[*order.prompt, *order.written],
        )


def _reason(sequence: Sequence, ends: bool) -> FinishReason | None:
    if ends or sequence.flow.stopped:
        return FinishReason.STOP
    return FinishReason.LENGTH if sequence.written >= sequence.limit else None
