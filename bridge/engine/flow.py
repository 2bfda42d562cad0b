"""What becomes of a reply's tokens: the questions the engine asks of it."""

from __future__ import annotations

from typing import Protocol


class Flow(Protocol):
    """
    Takes the tokens of one reply; what leaves with them is between it and whoever made it.

    What it does depends on the tokens alone, so that a reply that goes on in another process is
    where it was once its tokens were pushed again.
    """

    @property
    def stopped(self) -> bool:
        """Whether the reply is over: a stop string came, or the call that was wanted."""

    @property
    def forced(self) -> int | None:
        """The token that comes next whatever the model would choose; None lets it choose."""

    @property
    def answering(self) -> bool:
        """Whether a constraint speaks of the next token; it does not while the model thinks."""

    def push(self, token: int, piece: bytes) -> None:
        """Take in a token and its bytes, which may be half a code point."""

    def finish(self) -> None:
        """Let go what was held back, when the reply ends for another reason than a stop string."""


class Unheard:
    """What becomes of tokens that nobody is told of: nothing. It is a `Flow`."""

    stopped = False
    forced: int | None = None
    answering = True

    def push(self, token: int, piece: bytes) -> None:
        """Take in a token."""

    def finish(self) -> None:
        """Hold nothing back."""
