"""Decide which tokens enter the next llama_decode call, and who has a slot."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from bridge.engine.batch import Batch
from bridge.engine.sequence import LEVELS, Sequence, State
from bridge.engine.slots import SlotPool
from bridge.prefix import common_prefix
from bridge.protocol import Priority

STRETCH = 0.3
"""A chunk may be so much longer than it should be where that is the rest of a prompt."""

MOST_CHUNKS = 3
"""So many chunks may be read in one step for the first words of the many who wait."""

WORTH_WAITING = 16
"""A sequence waits for a sibling's prefix when that saves at least so many tokens."""

BACKGROUND = LEVELS[Priority.BACKGROUND]
SPECULATIVE = LEVELS[Priority.SPECULATIVE]


class Scheduler:
    """
    Continuous batching by priority.

    Every running reply gets its one token first, so no player waits behind another player's long
    prompt. Prompts fill the room that is left, by level and order of arrival and in chunks if
    need be; a chunk is small while replies run, because it bounds the stall they feel. Prompts
    that share a prefix with one that is being read wait for it and copy.

    Who has no slot takes it from the youngest of a worse level. Background replies pause while
    the prompt of a better level is read, speculative ones while anybody else runs.
    """

    def __init__(
        self, slots: SlotPool, batch_tokens: int, chunk_tokens: int, *, rewinds: bool
    ) -> None:
        self._slots = slots
        self._batch_tokens = batch_tokens
        self.chunk_tokens = chunk_tokens
        self._rewinds = rewinds
        self._arrivals = count()
        self._waiting: list[Sequence] = []
        self._running: list[Sequence] = []
        self._crowded = False

    @property
    def idle(self) -> bool:
        """Whether there is nothing to do."""
        return not self._waiting and not self._running

    @property
    def waiting(self) -> int:
        """How many sequences have no slot yet."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many sequences have a slot."""
        return len(self._running)

    def __iter__(self) -> Iterator[Sequence]:
        yield from self._running
        yield from self._waiting

    def add(self, sequence: Sequence) -> None:
        """Queue a sequence behind those of its priority that came before it."""
        sequence.arrival = next(self._arrivals)
        self._waiting.append(sequence)

    def schedule(self, now: float) -> Batch:
        """Return the next batch; it is empty when there is nothing to do."""
        for sequence in self:
            sequence.age(now)
        self._admit(now)
        batch = Batch(self._batch_tokens)
        active = self._active()
        for sequence in active:
            if sequence.state is State.DECODE:
                sequence.served_at = now
                batch.add(sequence, 1)
        self._add_prompts(batch, [each for each in active if each.state is State.PREFILL], now)
        return batch

    def ahead(self, sequence: Sequence) -> int:
        """How many tokens of others' prompts are read before one of this sequence is."""
        return sum(
            other.unread
            for other in self._running
            if other is not sequence
            and other.state is State.PREFILL
            and _rank(other) < _rank(sequence)
        )

    def unread(self, sequence: Sequence) -> int:
        """
        How many tokens of a sequence have still to be read, wherever it begins.

        What somebody else is reading for both counts as his: `ahead` has it already.
        """
        if sequence.state is not State.WAITING:
            return sequence.unread
        tokens = sequence.to_be_found
        readers = (other for other in self._running if other.state is State.PREFILL)
        common = max((common_prefix(other.tokens, tokens) for other in readers), default=0)
        return len(sequence.tokens) - max(common, self._slots.longest_prefix(tokens))

    def pause_points(self, now: float) -> None:
        """Save the states of readers that have come to where others wait for them."""
        for sequence in self._running:
            if sequence.read in sequence.pauses:
                self._slots.checkpoint(sequence, now)
                sequence.pauses.discard(sequence.read)

    def finish(self, sequence: Sequence, now: float) -> None:
        """Let a sequence go; its slot remembers what was read."""
        if sequence.state is State.WAITING:
            self._waiting.remove(sequence)
        else:
            self._running.remove(sequence)
            self._slots.release(sequence, now, remember=True)
        sequence.release(State.FINISHED)
        self._crowded = False

    def make_room(self, now: float) -> bool:
        """
        Free cells after a decode that found none: an idle slot's first, else the last in rank's.

        A preempted sequence keeps what it has written, and its state is saved or read again later;
        nobody is admitted until somebody leaves, or the two would push each other out for ever.
        False when one sequence has everything already.
        """
        if self._slots.evict(now):
            return True
        if len(self._running) < 2:
            return False
        self._preempt(max(self._running, key=_rank), now, remember=False)
        self._crowded = True
        return True

    def _admit(self, now: float) -> None:
        hopeless = len(LEVELS)
        for sequence in sorted(self._waiting, key=_rank):
            if LEVELS[sequence.priority] >= hopeless:
                continue
            if not self._slots.has_idle and not self._worse(sequence):
                hopeless = LEVELS[sequence.priority]  # A better one may yet push somebody out.
                continue
            reader = self._worth_waiting(sequence)
            if reader and not _is_better(sequence, reader):
                continue
            if reader:  # It would be waited for by its better; so the better reads on instead.
                self._preempt(reader, now)
            if not self._make_place(sequence, now):
                return
            self._slots.acquire(sequence, now)
            self._waiting.remove(sequence)
            self._running.append(sequence)

    def _make_place(self, sequence: Sequence, now: float) -> bool:
        """Preempt those of a worse level until a sequence has a slot and cells for its prompt."""
        while not self._has_place(sequence):
            worse = self._worse(sequence)
            if not worse:
                return False
            self._preempt(max(worse, key=_rank), now)
        return True

    def _has_place(self, sequence: Sequence) -> bool:
        if self._crowded and self._running:
            return False
        return self._slots.has_idle and self._slots.fits(sequence)

    def _worse(self, sequence: Sequence) -> list[Sequence]:
        return [other for other in self._running if _is_better(sequence, other)]

    def _preempt(self, sequence: Sequence, now: float, *, remember: bool = True) -> None:
        self._running.remove(sequence)
        self._slots.release(sequence, now, remember=remember)
        sequence.release(State.WAITING)
        sequence.preemptions += 1
        self._waiting.append(sequence)
        self._crowded = False

    def _worth_waiting(self, sequence: Sequence) -> Sequence | None:
        """Return the reader whose work would spare a sequence its own, if there is one."""
        tokens = sequence.to_be_found
        for reader in self._running:
            if reader.state is not State.PREFILL:
                continue
            common = common_prefix(reader.tokens, tokens)
            if common <= reader.read:
                continue
            if common - self._slots.longest_prefix(tokens, but=reader.slot) >= WORTH_WAITING:
                if not self._rewinds:
                    reader.pauses.add(common)
                return reader
        return None

    def _active(self) -> list[Sequence]:
        """Return those that run in this step, by rank."""
        reading = [each.level for each in self._running if each.state is State.PREFILL]
        reader = min(reading, default=SPECULATIVE)
        first = min((each.level for each in self._running), default=SPECULATIVE)
        worst = SPECULATIVE if reader >= BACKGROUND else BACKGROUND - 1
        if first < SPECULATIVE:
            worst = min(worst, BACKGROUND)
        return sorted((each for each in self._running if each.level <= worst), key=_rank)

    def _add_prompts(self, batch: Batch, readers: list[Sequence], now: float) -> None:
        chunk, spare = self._chunk(
            len(batch), [each for each in readers if each.level < BACKGROUND]
        )
        room = chunk
        for sequence in readers:
            until = min(sequence.pauses, default=len(sequence.tokens)) - sequence.read
            if room < until <= chunk:  # Half a prompt gives nobody a word.
                if until > room + spare:
                    break
                spare -= until - room
                room = until
            count = batch.add(sequence, min(room, until))
            room -= count
            if count:
                sequence.served_at = now

    def _chunk(self, writing: int, players: list[Sequence]) -> tuple[int, int]:
        """
        Return how many tokens of prompts to read beside so many rows of those who write.

        The second number is how many more it may be where those are the rest of a prompt.

        Players have all of a batch to themselves: nobody better can come and wait for its end.
        While more wait for their first word than write, half of those get it in one step, if that
        is no more than `MOST_CHUNKS`: small steps would make all of them wait longer.
        """
        if players and not writing:
            return self._batch_tokens, 0
        if len(players) > writing:
            half = sum(each.unread for each in players[: (len(players) + 1) // 2])
            if self.chunk_tokens < half <= MOST_CHUNKS * self.chunk_tokens:
                return half, 0
        return self.chunk_tokens, int(self.chunk_tokens * STRETCH)


def _is_better(one: Sequence, other: Sequence) -> bool:
    """Whether one may take another's place; who only waited longer than his equals may not."""
    return one.level < other.level and LEVELS[one.priority] < LEVELS[other.priority]


def _rank(sequence: Sequence) -> tuple[int, int]:
    return sequence.level, sequence.arrival
