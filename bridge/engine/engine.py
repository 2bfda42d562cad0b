"""The engine: sequences go in, `step()` moves all of them on by one decode, text comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

from bridge.engine.archive import Archive, Saved
from bridge.engine.backend import Backend, BackendError, Decoded, Scores
from bridge.engine.batch import Batch
from bridge.engine.constraint import ConstraintError
from bridge.engine.events import Ended, Event, Order, Totals, Written
from bridge.engine.lookup import CLEAR_LEAD, Lookup
from bridge.engine.pace import FIRST_CHUNK, Pacer
from bridge.engine.sampler import Sampler
from bridge.engine.scheduler import Scheduler
from bridge.engine.sequence import Sequence, State
from bridge.engine.slots import SlotPool
from bridge.engine.speed import Speed
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason

ARCHIVE_BYTES = 256 << 20
"""How much main memory conversations may take that had to leave the KV cache."""


class Engine:
    """One model at work. Not thread-safe: one thread calls everything here."""

    def __init__(
        self,
        backend: Backend,
        clock: Callable[[], float],
        chunk_tokens: int | None = None,
        *,
        archive: Archive | None = None,
        pacer: Pacer | None = None,
    ) -> None:
        """Take `chunk_tokens` to fix what else the pace decides."""
        self._backend = backend
        self._clock = clock
        self._chunk_tokens = chunk_tokens
        self.pacer = pacer or Pacer(threads=1)
        if archive is None:  # An empty one is false.
            archive = Archive(ARCHIVE_BYTES, rewinds=backend.rewinds)
        self.archive = archive
        self._slots = SlotPool(backend, self.archive)
        self._scheduler = Scheduler(
            self._slots, backend.batch_tokens, FIRST_CHUNK, rewinds=backend.rewinds
        )
        self._speed = Speed()
        self._lookup = Lookup()
        self._last_seconds = 0.0
        self._pins: dict[str, Saved] = {}
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
        """How many KV cells are taken; those that several share count once."""
        return self._slots.cells_used

    @property
    def restored_tokens(self) -> int:
        """How many tokens came back from saved states since the start."""
        return self._slots.restored_tokens

    def add(self, order: Order) -> Sequence:
        """
        Queue a reply; raises HearsayError when the prompt is empty or leaves no room for one.

        A reply that was begun before (`written`) goes through its sampler and its text flow
        again, so that penalties and held-back text are as they were; what left then is not
        reported twice.
        """
        length = len(order.prompt)
        if not length and not order.reads_only:
            reason = "The messages are no token at all in this model's template; say something"
            raise HearsayError(ErrorCode.INVALID_REQUEST, reason, "messages")
        room = self._backend.context - length
        if room <= 0:
            raise too_long(self._backend, str(length), shortened=False)
        sequence = Sequence(
            job=order.job,
            index=order.index,
            tokens=[*order.prompt, *order.written],
            prompt_length=length,
            limit=room if order.max_tokens is None else min(room, order.max_tokens),
            sampler=self._sampler(order),
            greedy=order.sampling.temperature == 0,
            exact=order.sampling.temperature == 0 or order.sampling.seed is not None,
            flow=order.flow,
            top_logprobs=order.top_logprobs,
            queued_at=self._clock(),
            constraint=order.constraint,
            constraint_field=order.constraint_field,
            priority=order.priority,
            deadline=order.deadline,
            # One that goes on after a crash has begun already, as far as its client knows.
            first_token_by=None if order.written else order.first_token_by,
            reads_only=order.reads_only,
            pinned=order.pinned,
        )
        for token in order.written:
            if order.constraint and order.flow.answering:
                order.constraint.accept(token)
            order.flow.push(token, self._backend.piece(token))
        self._scheduler.add(sequence)
        return sequence

    def cancel(self, job: str) -> None:
        """End all sequences of a job as cancelled; the next step says so."""
        for sequence in [each for each in self._scheduler if each.job == job]:
            self._end(sequence, FinishReason.CANCELLED)

    def unpin(self, job: str) -> None:
        """Let go what a job has pinned; unknown ones are ignored."""
        if saved := self._pins.pop(job, None):
            self.archive.unpin(saved)

    def store(self, tokens: list[int]) -> None:
        """Put a conversation's state where it outlives the process, if there is such a place."""
        self._slots.store(tokens, self._clock())

    def store_all(self) -> Iterator[None]:
        """Put every conversation where it outlives the process, one at a step; as `store` does."""
        return self._slots.store_all(self._clock())

    def tidy(self) -> bool:
        """Do a little ahead of time that somebody would have to wait for; False if all is done."""
        return self.idle and self._slots.save_ahead(self._clock())

    def step(self) -> list[Event]:
        """Decode one batch, sample what it asks for, and return everything that happened."""
        self._expire()
        self._scheduler.chunk_tokens = self._chunk_tokens or self.pacer.chunk_tokens
        batch = self._scheduler.schedule(self._clock())
        lone = batch.lone
        if lone and self._backend.rewinds:
            self._guess(lone, batch)
        if len(batch) and self._decode(batch):
            if lone:
                self._lookup.note(len(batch), self._last_seconds)
            for row, sequence in zip(batch.wanted, batch.asking, strict=True):
                if batch.positions[row] >= sequence.read:
                    continue  # A guess before it was wrong.
                if lone and lone.greedy and len(batch) > 1 and not self._is_clear(row):
                    self._read_alone(lone)
                    break
                self._sample(sequence, row)
        self._end_readers()
        events, self._events = self._events, []
        return events

    def rest(self) -> list[Event]:
        """Do all that a step does but work: who was cancelled or is too late ends."""
        self._expire()
        events, self._events = self._events, []
        return events

    def _decode(self, batch: Batch) -> bool:
        exact = len(batch) == 1 and any(sequence.exact for sequence in batch.asking)
        self._backend.use_threads(self.pacer.threads(len(batch), exact=exact))
        self._backend.spin(self.pacer.spins)
        started = self._clock()
        decoded = self._backend.decode(batch)
        if decoded is Decoded.FULL and not self._scheduler.make_room(started):
            raise BackendError("no KV cell is left, though nothing else uses the cache")
        if decoded is not Decoded.DONE:
            for sequence in batch.asking:
                sequence.notes.guess = []
            return False
        batch.mark_read()
        self.totals.steps += 1
        seconds = self._clock() - started
        self.totals.decode_seconds += seconds
        self._last_seconds = seconds
        self._speed.note(len(batch), seconds)
        self.pacer.note(
            rows=len(batch),
            written=len(batch.asking),
            started=started,
            ended=started + seconds,
            exact=exact,
        )
        self._scheduler.pause_points(started)
        return True

    def _end_readers(self) -> None:
        """End those who were to read and not to write."""
        for sequence in [each for each in self._scheduler if each.has_read_all]:
            if sequence.pinned and (saved := self._slots.pin(sequence, self._clock())):
                self._pins[sequence.job] = saved
            self._end(sequence, FinishReason.STOP)

    def _expire(self) -> None:
        """End those who are too late, or will be: their time is somebody else's."""
        for sequence in list(self._scheduler):
            if sequence.deadline is None and sequence.first_token_by is None:
                continue
            now = self._clock()
            earliest = now
            if sequence.first_token_at is None:
                tokens = self._scheduler.unread(sequence) + self._scheduler.ahead(sequence)
                earliest += self._speed.least_seconds(tokens)
            if sequence.is_late(now, earliest):
                self._end(sequence, FinishReason.EXPIRED)

    def _sample(self, sequence: Sequence, row: int) -> None:
        forced, constraint = sequence.flow.forced, sequence.constraint
        if forced is not None:
            sequence.sampler.accept(forced)
            self._take(sequence, row, forced)
            return
        if constraint is None or not sequence.flow.answering:
            # Whoever owes an answer of some form may think, but not end before it.
            allowed = self._all_but_ends if constraint and constraint.owed else None
            self._take(sequence, row, self._backend.sample(row, sequence.sampler, allowed))
            return
        try:
            allowed = constraint.allowed()
            token = self._backend.sample(row, sequence.sampler, allowed)
            constraint.accept(token)
        except ConstraintError as error:  # Never on without it: what came would be anything.
            reason = f"The form the reply must have is too much work here: {error}"
            param = sequence.constraint_field
            sequence.fault = HearsayError(ErrorCode.INVALID_REQUEST, reason, param)
            self._end(sequence, None)
            return
        self._take(sequence, row, token)

    def _guess(self, sequence: Sequence, batch: Batch) -> None:
        """Add what may come next, as far as there is room that nobody else needs."""
        cells = self._backend.cells - self._slots.cells_used - 1
        most = min(batch.room, cells, sequence.limit - sequence.written - 1)
        notes = sequence.notes
        guess = self._lookup.guess(notes, sequence.tokens, most, exact=sequence.exact)
        batch.add_guess(sequence, guess)

    def _is_clear(self, row: int) -> bool:
        """Whether the likeliest token of a row would be the same if the row were read alone."""
        return self._backend.lead(row) > CLEAR_LEAD

    def _read_alone(self, sequence: Sequence) -> None:
        """Take back the last row and all that was guessed after it."""
        sequence.read -= 1
        self._backend.forget(sequence.slot, sequence.read)
        sequence.notes.doubt()

    def _confirm(self, sequence: Sequence, token: int) -> None:
        """Keep a guess that came true; drop the rest from the cache otherwise."""
        if sequence.notes.confirm(token):
            sequence.read += 1
            self.totals.guessed_tokens += 1
        else:
            self._backend.forget(sequence.slot, sequence.read)

    def _take(self, sequence: Sequence, row: int, token: int) -> None:
        if sequence.notes.guess:
            self._confirm(sequence, token)
        if sequence.first_token_at is None:
            sequence.first_token_at = self._clock()
            self.totals.prompt_tokens += sequence.prompt_length
            self.totals.cached_tokens += sequence.cached or 0
        sequence.state = State.DECODE
        sequence.tokens.append(token)
        self.totals.completion_tokens += 1
        ends = self._backend.ends(token)
        scores: list[Scores] = []
        if not ends:
            sequence.flow.push(token, self._backend.piece(token))
            if sequence.top_logprobs is not None:
                scores.append(self._backend.scores(row, token, sequence.top_logprobs))
        reason = _reason(sequence, ends)
        if reason and not sequence.flow.stopped:
            sequence.flow.finish()
        self._note(sequence, token, scores)
        if reason:
            self._end(sequence, reason)

    def _note(self, sequence: Sequence, token: int, scores: list[Scores]) -> None:
        """Tell of a token; those of one step are told together, as their text leaves together."""
        last = self._events[-1] if self._events else None
        if isinstance(last, Written) and last.sequence is sequence:
            last.ids.append(token)
            last.scores.extend(scores)
        else:
            self._events.append(Written(sequence, [token], scores))

    def _end(self, sequence: Sequence, reason: FinishReason | None) -> None:
        if sequence.notes.guess:
            self._backend.forget(sequence.slot, sequence.read)
        sequence.reason = reason
        sequence.ended_at = self._clock()
        self.totals.preemptions += sequence.preemptions
        self._scheduler.finish(sequence, sequence.ended_at)
        sequence.sampler.close()
        self._events.append(Ended(sequence))

    @cached_property
    def _all_but_ends(self) -> bytes:
        mask = bytearray(b"\xff" * -(-self._backend.vocabulary // 8))
        for token in self._backend.token_table.ends:
            mask[token // 8] &= ~(1 << token % 8)
        return bytes(mask)

    def _sampler(self, order: Order) -> Sampler:
        # A new random stream for every position: after a crash the old one cannot be restored.
        seed = (order.seed + order.index + len(order.written) * 0x9E3779B1) & 0xFFFFFFFF
        return self._backend.sampler(
            order.sampling,
            seed=seed,
            ignore_eos=order.ignore_eos,
            history=[*order.prompt, *order.written],
        )


def too_long(backend: Backend, size: str, *, shortened: bool) -> HearsayError:
    """
    Return why a prompt of so many tokens leaves no room for a reply, and what to do.

    `shortened`: its oldest turns were left out already, as far as they can be.
    """
    is_full = backend.context < backend.cells
    what, way_out = "The messages are", "shorten them, set 'context_policy' or raise --ctx"
    if shortened:
        what = "Without their oldest turns the messages are still"
        way_out = "shorten the last ones or raise --ctx"
    if is_full:
        way_out = way_out.replace(", set", " or set").removesuffix(" or raise --ctx")
        way_out += ": this model was trained for no more"
    return HearsayError(
        ErrorCode.CONTEXT_EXCEEDED,
        f"{what} {size} tokens, but the context holds {backend.context} "
        f"and must have room for a reply; {way_out}",
        "messages",
    )


def _reason(sequence: Sequence, ends: bool) -> FinishReason | None:
    if ends or sequence.is_complete:
        return FinishReason.STOP
    return FinishReason.LENGTH if sequence.written >= sequence.limit else None
