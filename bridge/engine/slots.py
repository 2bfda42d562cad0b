"""What each slot of the KV cache remembers, and which one a new prompt should use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from bridge.engine.archive import Archive, Saved, worth
from bridge.engine.backend import Backend
from bridge.engine.sequence import Sequence
from bridge.prefix import common_prefix

WORTH_SAVING = 32
"""A slot that holds fewer tokens than this is read again sooner than it is saved."""

WORTH_RESTORING = 32
"""A saved state must spare so many more tokens than a live slot, for copying it takes a moment."""

WORTH_AHEAD = 32 << 20
"""A state of more bytes is not saved ahead of time: somebody might come and wait for the copy."""

GROWTH = 16
"""Cells that every running reply is given ahead before another prompt is let in."""

_OPEN_END = 1 << 62


@dataclass(slots=True, eq=False)
class Slot:
    """
    One `llama_seq_id` and the tokens it still remembers.

    While a sequence is at work here its first `read` tokens are what the slot holds; afterwards
    `held` is. `prompt_length` says how much of it was given rather than written. `runs` tells
    which cells it shares: each is a stretch of cells by its number and the position where this
    slot's part of it ends. `seen` is whether `save_ahead` has dealt with what is held.
    """

    index: int
    held: list[int] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    prompt_length: int = 0
    used_at: float = 0.0
    weight: float = 1.0
    seen: bool = False
    sequence: Sequence | None = None

    @property
    def length(self) -> int:
        """How many tokens are in the KV cache."""
        return self.sequence.read if self.sequence else len(self.held)

    @property
    def idle(self) -> bool:
        """Whether nobody works here."""
        return self.sequence is None

    def common(self, tokens: list[int]) -> int:
        """How many of the first tokens this slot already holds."""
        if self.sequence is None:
            return common_prefix(self.held, tokens)
        return min(common_prefix(self.sequence.tokens, tokens), self.sequence.read)

    def value(self, now: float) -> float:
        """How much would be lost with what an idle slot remembers; -1 for an empty one."""
        return worth(self.length, self.weight, now - self.used_at) if self.held else -1.0

    def shared_runs(self, length: int) -> list[tuple[int, int]]:
        """Return the cells of the first `length` tokens."""
        runs = []
        for run, end in self.runs:
            runs.append((run, min(end, length)))
            if end >= length:
                break
        return runs if length else []


class SlotPool:
    """
    All slots of one context, and the states of those that had to make room.

    A prompt that goes on where an idle slot ended takes that slot over, and so does one that is to
    be answered anew; any other prompt takes the least valuable slot and shares the longest prefix
    that some slot holds, busy or idle, at the price of microseconds (`llama_memory_seq_cp` in a
    unified cache only marks cells), or has a saved state restored, which takes milliseconds.
    """

    def __init__(self, backend: Backend, archive: Archive) -> None:
        self._backend = backend
        self._archive = archive
        self._slots = [Slot(index) for index in range(backend.slots)]
        self._runs = count()
        self._token_bytes = 0.0
        self.restored_tokens = 0

    @property
    def cells_used(self) -> int:
        """How many cells are taken; shared ones count once."""
        return _cells(self._slots)

    @property
    def has_idle(self) -> bool:
        """Whether a slot is free to be taken."""
        return any(slot.idle for slot in self._slots)

    def longest_prefix(self, tokens: list[int], *, but: int = -1) -> int:
        """How many of the first tokens some slot, `but` one, or a saved state has already."""
        slots = (slot for slot in self._slots if slot.index != but)
        common = max((self._usable(slot, tokens) for slot in slots), default=0)
        return max(common, self._archive.find(tokens)[1])

    def fits(self, sequence: Sequence) -> bool:
        """Whether a prompt has room beside all that is at work, with some for their growth."""
        busy = [slot for slot in self._slots if slot.sequence]
        if not busy:
            return True
        shared = max(self._usable(slot, sequence.tokens) for slot in busy)
        coming = sum(slot.sequence.unread for slot in busy if slot.sequence)
        growth = GROWTH * (len(busy) + 1)
        need = _cells(busy) + coming + len(sequence.tokens) - shared + growth
        return need <= self._backend.cells

    def acquire(self, sequence: Sequence, now: float) -> None:
        """Give a sequence an idle slot, which must be there, with the longest prefix there is."""
        tokens = sequence.to_be_found
        donor, common = self._donor(tokens)
        saved, stored = self._archive.find(tokens)
        if saved and stored >= common + WORTH_RESTORING and self._has_room(saved):
            target = self._least(now)
            if not self._restore(saved, target, now):
                self.acquire(sequence, now)  # That state is gone now.
                return
            held = self._keep(target, stored)
        elif _goes_on(donor, sequence, common):
            target, held = donor, self._keep(donor, common)
        else:
            target = self._least(now)
            held = self._share(donor, target, common, now)
        self._occupy(target, sequence, held, now)

    def release(self, sequence: Sequence, now: float, *, remember: bool) -> None:
        """Take back a sequence's slot; what was read stays there for the next turn if wanted."""
        slot = self._slots[sequence.slot]
        slot.held = sequence.tokens[: sequence.read]
        slot.prompt_length = min(slot.prompt_length, len(slot.held))
        slot.used_at = now
        slot.seen = False
        slot.sequence = None
        if not remember:
            self._clear(slot, now)

    def evict(self, now: float) -> bool:
        """Save and forget the least valuable idle slot; False when there is none to forget."""
        idle = [slot for slot in self._slots if slot.idle and slot.held]
        if not idle:
            return False
        self._clear(min(idle, key=lambda slot: slot.value(now)), now)
        return True

    def save_ahead(self, now: float) -> bool:
        """
        Save one of the idle slots while nobody waits for it; False when there is nothing to do.

        Only when a stranger would have to take one of them, and when the copy takes a moment.
        """
        if any(slot.idle and not slot.held for slot in self._slots):
            return False
        unseen = [slot for slot in self._slots if slot.idle and not slot.seen]
        if not unseen:
            return False
        slot = min(unseen, key=lambda slot: slot.length)  # The first one tells how large they are.
        slot.seen = True
        if slot.length * self._token_bytes <= WORTH_AHEAD:
            self._save(slot, now)
        return True

    def pin(self, sequence: Sequence, now: float) -> Saved | None:
        """Keep what a sequence has read until it is let go; None when there is no room for it."""
        return self._archive.pin(
            sequence.tokens[: sequence.read],
            lambda: self._state(self._slots[sequence.slot]),
            weight=sequence.weight,
            now=now,
        )

    def checkpoint(self, sequence: Sequence, now: float) -> None:
        """Save what a sequence has read so far, for others whose prompts go on from there."""
        self._save(self._slots[sequence.slot], now)

    def store(self, tokens: list[int], now: float) -> None:
        """Have the state of a conversation in the depot, as far as it is still there at all."""
        slot, common = self._donor(tokens)
        saved, stored = self._archive.find(tokens)
        if common > stored:
            saved = self._save(slot, now)
        if saved:
            self._archive.store(saved)

    def store_all(self, now: float) -> Iterator[None]:
        """Have everything in the depot, one at a step; nothing happens without one."""
        if self._archive.outlasts:
            for slot in sorted(self._slots, key=lambda slot: slot.length, reverse=True):
                self._save(slot, now)
            yield from self._archive.store_all(now)

    def _occupy(self, slot: Slot, sequence: Sequence, held: int, now: float) -> None:
        # Its new tokens go into cells of their own: others may share the old ones further on.
        slot.runs = [*slot.shared_runs(held), (next(self._runs), _OPEN_END)]
        slot.held = []
        slot.sequence = sequence
        slot.prompt_length = sequence.prompt_length
        slot.used_at = now
        slot.weight = sequence.weight
        sequence.admit(slot.index, held, now)

    def _donor(self, tokens: list[int]) -> tuple[Slot, int]:
        donor = max(self._slots, key=lambda slot: self._usable(slot, tokens))
        return donor, self._usable(donor, tokens)

    def _usable(self, slot: Slot, tokens: list[int]) -> int:
        common = slot.common(tokens)
        return common if self._backend.rewinds or common == slot.length else 0

    def _least(self, now: float) -> Slot:
        return min((slot for slot in self._slots if slot.idle), key=lambda slot: slot.value(now))

    def _clear(self, slot: Slot, now: float) -> None:
        self._save(slot, now)
        self._backend.forget(slot.index, 0)
        slot.held, slot.runs, slot.prompt_length = [], [], 0

    def _save(self, slot: Slot, now: float) -> Saved | None:
        tokens = slot.sequence.tokens[: slot.length] if slot.sequence else slot.held
        elsewhere = (other.common(tokens) for other in self._slots if other is not slot)
        if len(tokens) < WORTH_SAVING or not self._archive.open:
            return None
        if self._backend.rewinds and max(elsewhere, default=0) == len(tokens):
            return None
        return self._archive.put(tokens, partial(self._state, slot), weight=slot.weight, now=now)

    def _state(self, slot: Slot) -> bytes:
        state = self._backend.save(slot.index)
        self._token_bytes = len(state) / max(slot.length, 1)
        return state

    def _has_room(self, saved: Saved) -> bool:
        busy = [slot for slot in self._slots if slot.sequence]
        return _cells(busy) + len(saved.tokens) <= self._backend.cells

    def _restore(self, saved: Saved, target: Slot, now: float) -> bool:
        """Put a state into an idle slot; one that does not fit this model is forgotten."""
        state = self._archive.load(saved, now)  # First: what makes room for it may push it out.
        self._clear(target, now)
        while self.cells_used + len(saved.tokens) > self._backend.cells:
            self.evict(now)
        if not state or not self._backend.restore(target.index, state):
            self._backend.forget(target.index, 0)
            self._archive.drop(saved)
            return False
        target.held = saved.tokens
        target.runs = [(next(self._runs), _OPEN_END)]
        self.restored_tokens += len(saved.tokens)
        return True

    def _keep(self, slot: Slot, keep: int) -> int:
        return self._backend.forget(slot.index, keep) if keep < slot.length else keep

    def _share(self, donor: Slot, target: Slot, common: int, now: float) -> int:
        if donor is target:
            self._save(target, now)
            return self._keep(target, common)
        self._clear(target, now)
        if common:
            self._backend.copy(donor.index, target.index, common)
            target.runs = donor.shared_runs(common)
        return common


def _goes_on(slot: Slot, sequence: Sequence, common: int) -> bool:
    """Whether a sequence may have an idle slot for itself, and what is there beyond `common`."""
    if sequence.reads_only and common < slot.length:
        return False  # It would only cut a conversation that others go on with.
    return slot.idle and common >= min(slot.prompt_length, len(sequence.to_be_found))


def _cells(slots: list[Slot]) -> int:
    """Return how many cells some slots take; of one that several share the most counts."""
    most: dict[int, int] = {}
    for slot in slots:
        start = 0
        for run, end in slot.runs:
            stop = min(end, slot.length)
            most[run] = max(most.get(run, 0), stop - start)
            start = stop
    return sum(most.values())
