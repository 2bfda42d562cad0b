"""What chooses tokens for one sequence."""

from __future__ import annotations

from typing import Protocol


class Sampler(Protocol):
    """Chooses tokens for one sequence and remembers what it chose."""

    def accept(self, token: int) -> None:
        """Remember a token that was chosen without it."""

    def close(self) -> None:
        """Free what llama.cpp holds; calling it twice is allowed."""
