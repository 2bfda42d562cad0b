"""Decide which tokens enter the next llama_decode call."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

from bridge.engine.batch import Batch
from bridge.engine.sequence import Sequence, State
from bridge.engine.slots import SlotPool, common_prefix

WORTH_WAITING = 16
"""A sequence waits for a sibling's prefix when that saves at least so many tokens."""


class Scheduler:
    """
    Continuous batching.

    Every running reply gets its one token first, so no player waits behind another player's long
    prompt. Prompts fill the room that is left, in order of arrival and in chunks if need be; a
    chunk is small while replies run, because it bounds the stall they feel. Prompts that share a
    prefix with one that is being read wait for it and copy.
    """

    def __init__(self, slots: SlotPool, batch_tokens: int, chunk_tokens: int) -> None:
        self._slots = slots
        self._batch_tokens = batch_tokens
        self._chunk_tokens = chunk_tokens
        self._waiting: deque[Sequence] = deque()
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
        """Queue a sequence behind those that came before it."""
        self._waiting.append(sequence)

    def schedule(self, now: float) -> Batch:
        """Return the next batch; it is empty only when there is nothing to do."""
        self._admit(now)
        batch = Batch(self._batch_tokens)
        for sequence in self._running:
            if sequence.state is State.DECODE:
                batch.add(sequence, 1)
        room = self._chunk_tokens if len(batch) else self._batch_tokens
        for sequence in self._running:
            if sequence.state is State.PREFILL:
                room -= batch.add(sequence, room)
        return batch

    def finish(self, sequence: Sequence) -> None:
        """Let a sequence go; its slot remembers what was read."""
        if sequence.state is State.WAITING:
            self._waiting.remove(sequence)
        else:
            self._running.remove(sequence)
            self._slots.release(sequence, remember=True)
        sequence.release(State.FINISHED)
        self._crowded = False

    def make_room(self) -> bool:
        """
        Free cells after a decode that found none: an idle slot's first, else the youngest's.

        A preempted sequence keeps what it has written and reads it again later; nobody is
        admitted until somebody leaves, or the two would push each other out for ever. False when
        one sequence has everything already.
        """
        if self._slots.evict():
            return True
        if len(self._running) < 2:
            return False
        youngest = self._running.pop()
        self._slots.release(youngest, remember=False)
        youngest.release(State.WAITING)
        self._waiting.appendleft(youngest)
        self._crowded = True
        return True

    def _admit(self, now: float) -> None:
        if self._crowded and self._running:
            return
        for sequence in list(self._waiting):
            if self._worth_waiting(sequence):
                continue
            if not self._slots.acquire(sequence, now):
                return
            self._waiting.remove(sequence)
            self._running.append(sequence)

    def _worth_waiting(self, sequence: Sequence) -> bool:
        reading = [other for other in self._running if other.state is State.PREFILL]
        if not reading:
            return False
        tokens = sequence.tokens
        held = self._slots.longest_prefix(tokens)
        return any(
            (common := common_prefix(other.tokens, tokens)) > other.read
            and common - held >= WORTH_WAITING
            for other in reading
        )
