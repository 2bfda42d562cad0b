"""What each slot of the KV cache remembers, and which one a new prompt should use."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.engine.backend import Backend
from bridge.engine.sequence import Sequence


@dataclass(slots=True, eq=False)
class Slot:
    """
    One `llama_seq_id` and the tokens it still remembers.

    While a sequence is at work here its first `read` tokens are what the slot holds; afterwards
    `held` is. `prompt_length` says how much of it was given rather than written.
    """

    index: int
    held: list[int] = field(default_factory=list)
    prompt_length: int = 0
    used: int = 0
    shared: int = 0
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


class SlotPool:
    """
    All slots of one context.

    A prompt that goes on where an idle slot ended takes that slot over; any other prompt takes
    the slot that was idle longest and shares the longest prefix that some slot holds, busy or
    idle, at the price of microseconds (`llama_memory_seq_cp` in a unified cache only marks cells).
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._slots = [Slot(index) for index in range(backend.slots)]
        self._clock = 0

    @property
    def cells_used(self) -> int:
        """How many cells are taken, estimated: a shared prefix counts where it was read first."""
        return sum(max(slot.length - slot.shared, 0) for slot in self._slots)

    def longest_prefix(self, tokens: list[int]) -> int:
        """How many of the first tokens some slot holds already."""
        return max(slot.common(tokens) for slot in self._slots)

    def acquire(self, sequence: Sequence, now: float) -> bool:
        """Give a sequence a slot with the longest prefix there is; False when all are at work."""
        idle = [slot for slot in self._slots if slot.idle]
        if not idle:
            return False
        tokens = sequence.tokens
        most = len(tokens) - 1  # The last token must be read again: its logits are the next word.
        donor = max(self._slots, key=lambda slot: slot.common(tokens))
        common = min(donor.common(tokens), most)
        if donor.idle and common >= min(donor.prompt_length, most):
            target, held = donor, self._keep(donor, common)
        else:
            target = min(idle, key=lambda slot: (slot.length > 0, slot.used))
            held = self._share(donor, target, common)
        self._clock += 1
        target.used = self._clock
        target.held = []
        target.sequence = sequence
        target.prompt_length = sequence.prompt_length
        sequence.admit(target.index, held, now)
        return True

    def release(self, sequence: Sequence, *, remember: bool) -> None:
        """Take back a sequence's slot; what was read stays there for the next turn if wanted."""
        slot = self._slots[sequence.slot]
        slot.held = sequence.tokens[: sequence.read] if remember else []
        slot.prompt_length = min(slot.prompt_length, len(slot.held))
        slot.sequence = None
        if not remember:
            self._clear(slot)

    def evict(self) -> bool:
        """Forget the idle slot that was used longest ago; False when there is none to forget."""
        idle = [slot for slot in self._slots if slot.idle and slot.held]
        if not idle:
            return False
        self._clear(min(idle, key=lambda slot: slot.used))
        return True

    def _clear(self, slot: Slot) -> None:
        self._backend.forget(slot.index, 0)
        slot.held = []
        slot.shared = slot.prompt_length = 0

    def _keep(self, slot: Slot, keep: int) -> int:
        held = self._backend.forget(slot.index, keep) if keep < slot.length else keep
        slot.shared = min(slot.shared, held)
        return held

    def _share(self, donor: Slot, target: Slot, common: int) -> int:
        if donor is target:
            return self._keep(target, common if self._backend.rewinds else 0)
        self._clear(target)
        if common == 0 or not self._backend.rewinds:
            return 0
        self._backend.copy(donor.index, target.index, common)
        target.shared = common
        return common


def common_prefix(left: list[int], right: list[int]) -> int:
    """Return how many first items two lists share, by comparing slices (the loop is in C)."""
    low, high = 0, min(len(left), len(right))
    if left[:high] == right[:high]:
        return high
    while low + 1 < high:
        middle = (low + high) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle
    return low
