"""The tokens of one llama_decode."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.engine.sequence import Sequence, State


@dataclass(slots=True)
class Batch:
    """
    Rows for one decode, as parallel columns.

    `tokens`, `positions` and `slots` have one entry a row; `wanted` are the rows whose logits are
    needed, and `asking` the sequences that get the tokens sampled there.
    """

    room: int
    tokens: list[int] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    slots: list[int] = field(default_factory=list)
    wanted: list[int] = field(default_factory=list)
    asking: list[Sequence] = field(default_factory=list)
    parts: list[tuple[Sequence, int]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.tokens)

    def add(self, sequence: Sequence, most: int) -> int:
        """Add up to `most` unread tokens of a sequence that has a slot; return how many."""
        count = min(sequence.unread, most, self.room)
        if count <= 0:
            return 0
        start = sequence.read
        end = start + count
        self.tokens += sequence.tokens[start:end]
        self.positions += range(start, end)
        self.slots += [sequence.slot] * count
        self.parts.append((sequence, count))
        self.room -= count
        if end == len(sequence.tokens) and not sequence.reads_only:
            self.wanted.append(len(self.tokens) - 1)
            self.asking.append(sequence)
        return count

    @property
    def lone(self) -> Sequence | None:
        """The sequence that writes its next token with this batch all to itself, if one does."""
        alone = len(self.tokens) == len(self.asking) == 1
        return self.asking[0] if alone and self.asking[0].state is State.DECODE else None

    def add_guess(self, sequence: Sequence, guess: list[int]) -> None:
        """
        Add rows for tokens that may follow the last one, which is in the batch already.

        They do not count as read: who samples confirms them one by one.
        """
        end = len(sequence.tokens)
        self.wanted += range(len(self.tokens), len(self.tokens) + len(guess))
        self.tokens += guess
        self.positions += range(end, end + len(guess))
        self.slots += [sequence.slot] * len(guess)
        self.asking += [sequence] * len(guess)
        self.room -= len(guess)

    def mark_read(self) -> None:
        """Note in every sequence that its rows are in the KV cache now."""
        for sequence, count in self.parts:
            sequence.read += count
