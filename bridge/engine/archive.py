"""Conversations that had to leave the KV cache: kept as bytes, found by how they begin."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from bridge.prefix import common_prefix


class Depot(Protocol):
    """Where states go that main memory has no room for: a folder, which may fail at any time."""

    def held(self) -> Iterable[list[int]]:
        """Return the tokens of every state that lies there."""

    def put(self, tokens: list[int], state: bytes) -> None:
        """Keep a state if it can be kept."""

    def get(self, tokens: list[int]) -> bytes | None:
        """Return the state of exactly these tokens; None when it is gone or not what it was."""


@dataclass(slots=True, eq=False)
class Saved:
    """
    The state of a slot that held `tokens`; None stands for one that lies in the depot alone.

    `used_at` is the engine clock's time of the last use, `weight` how much its jobs mattered,
    `pins` how many want it to stay.
    """

    tokens: list[int]
    state: bytes | None
    weight: float
    used_at: float
    pins: int = 0

    @property
    def size(self) -> int:
        """How many bytes of main memory it takes."""
        return len(self.state) if self.state else 0

    def value(self, now: float) -> float:
        """How much would be lost with it; see `worth`."""
        return worth(len(self.tokens), self.weight, now - self.used_at)


def worth(length: int, weight: float, idle_seconds: float) -> float:
    """Return the value of remembered tokens: the more, the more important, the newer."""
    return length * weight / (1.0 + max(idle_seconds, 0.0))


class Archive:
    """
    Saved states in a bounded part of main memory, and beyond it in a depot if there is one.

    They are kept sorted by their tokens, which is all that a prefix tree would be good for: the
    one that shares most with a prompt stands beside the place where the prompt would stand.
    `rewinds` says whether a part of a state can be used; if not, only a whole one is ever found.
    """

    def __init__(self, limit_bytes: int, *, rewinds: bool, depot: Depot | None = None) -> None:
        self._limit = limit_bytes
        self._rewinds = rewinds
        self._depot = depot
        held = depot.held() if depot else ()
        self._sorted = sorted((Saved(tokens, None, 1.0, 0.0) for tokens in held), key=_tokens)
        self.bytes_used = 0

    def __len__(self) -> int:
        return len(self._sorted)

    @property
    def open(self) -> bool:
        """Whether anything can be kept at all."""
        return self._limit > 0 or self._depot is not None

    @property
    def outlasts(self) -> bool:
        """Whether there is a depot, in which states outlive the process."""
        return self._depot is not None

    @property
    def pinned(self) -> int:
        """How many states are pinned."""
        return sum(saved.pins > 0 for saved in self._sorted)

    def find(self, tokens: list[int]) -> tuple[Saved | None, int]:
        """Return the state that spares most of the reading of `tokens`, and how many of them."""
        saved = self._nearest(tokens) if self._rewinds else self._whole(tokens)
        common = common_prefix(saved.tokens, tokens) if saved else 0
        return (saved if common else None), common

    def put(
        self, tokens: list[int], state: Callable[[], bytes], *, weight: float, now: float
    ) -> Saved | None:
        """Keep a state, unless one that is kept covers it; None when there is no room."""
        saved, common = self.find(tokens)
        if saved and common == len(tokens):
            saved.used_at, saved.weight = now, max(weight, saved.weight)
            return saved
        self._drop_beginnings(tokens)
        return self._insert(Saved(tokens, state(), weight, now), now)

    def pin(
        self, tokens: list[int], state: Callable[[], bytes], *, weight: float, now: float
    ) -> Saved | None:
        """Keep a state of exactly these tokens until it is let go as often; None without room."""
        saved = self._exactly(tokens)
        if saved is None or saved.state is None:
            if saved:
                self.drop(saved)
            saved = self._insert(Saved(tokens, state(), weight, now, pins=1), now)
        else:
            saved.pins += 1
        return saved

    def unpin(self, saved: Saved) -> None:
        """Let a pinned state go; it stays as long as its value says."""
        saved.pins -= 1

    def load(self, saved: Saved, now: float) -> bytes | None:
        """Return the bytes of a state, from the depot if need be; None when they are lost."""
        saved.used_at = now
        if saved.state is None and self._depot:
            return self._depot.get(saved.tokens)
        return saved.state

    def store(self, saved: Saved) -> None:
        """Let the depot have a copy of a state, if there is a depot."""
        if self._depot and saved.state is not None:
            self._depot.put(saved.tokens, saved.state)

    def store_all(self, now: float) -> Iterator[None]:
        """Let the depot have everything, one at a step, what is worth most first."""
        if self._depot is None:
            return
        inside = [saved for saved in self._sorted if saved.state is not None]
        for saved in sorted(inside, key=lambda each: each.value(now), reverse=True):
            self.store(saved)
            yield

    def drop(self, saved: Saved) -> None:
        """Forget a state, if it is still there."""
        if saved in self._sorted:
            self._sorted.remove(saved)
            self.bytes_used -= saved.size

    def _insert(self, saved: Saved, now: float) -> Saved | None:
        if saved.size > self._limit and self._depot is None:
            return None  # All others would go for nothing.
        insort(self._sorted, saved, key=_tokens)
        self.bytes_used += saved.size
        while self.bytes_used > self._limit:
            free = [each for each in self._sorted if each.state and not each.pins]
            self._move_out(min(free, key=lambda each: each.value(now)) if free else saved)
        return saved if saved.state is not None else None

    def _move_out(self, saved: Saved) -> None:
        self.store(saved)
        self.bytes_used -= saved.size
        saved.state, saved.pins = None, 0
        if self._depot is None:
            self._sorted.remove(saved)

    def _drop_beginnings(self, tokens: list[int]) -> None:
        """Forget the earlier turns of a conversation, which the new state has in it."""
        while self._rewinds and (saved := self._whole(tokens)) and not saved.pins:
            self.drop(saved)

    def _nearest(self, tokens: list[int]) -> Saved | None:
        at = bisect_right(self._sorted, tokens, key=_tokens)
        return max(
            self._sorted[max(at - 1, 0) : at + 1],
            key=lambda saved: common_prefix(saved.tokens, tokens),
            default=None,
        )

    def _whole(self, tokens: list[int]) -> Saved | None:
        """Return the longest state that is a beginning of `tokens`."""
        while at := bisect_right(self._sorted, tokens, key=_tokens):
            before = self._sorted[at - 1]
            common = common_prefix(before.tokens, tokens)
            if common == len(before.tokens):
                return before
            tokens = tokens[:common]
        return None

    def _exactly(self, tokens: list[int]) -> Saved | None:
        saved = self._whole(tokens)
        return saved if saved and len(saved.tokens) == len(tokens) else None


def _tokens(saved: Saved) -> list[int]:
    return saved.tokens
