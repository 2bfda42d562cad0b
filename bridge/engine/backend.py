"""The questions the engine asks of llama.cpp; `llama.py` answers them, and `fake.py` in tests."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from bridge.engine.batch import Batch
from bridge.engine.constraint import TokenTable
from bridge.engine.sampler import Sampler
from bridge.protocol import Sampling

Scores = list[tuple[int, float]]
"""Tokens and their log probabilities (natural)."""


class Decoded(Enum):
    """What became of a batch."""

    DONE = auto()
    FULL = auto()
    """No room in the KV cache; nothing was changed."""
    ABORTED = auto()
    """The abort callback asked to stop; the batch must be given again."""


class BackendError(Exception):
    """llama.cpp refused a batch in a way that no other batch would mend; the process must end."""


class Backend(Protocol):
    """One model with one KV cache that all slots share."""

    @property
    def context(self) -> int:
        """How many tokens one sequence may hold, prompt and reply together."""

    @property
    def cells(self) -> int:
        """How many tokens all slots may hold together; a shared prefix counts once."""

    @property
    def slots(self) -> int:
        """How many sequences may be remembered at once."""

    @property
    def batch_tokens(self) -> int:
        """How many tokens one decode may take."""

    @property
    def vocabulary(self) -> int:
        """How many tokens there are; ids are below it."""

    @property
    def rewinds(self) -> bool:
        """Whether a slot can keep a part of its tokens and share it with another slot."""

    @property
    def token_table(self) -> TokenTable:
        """The vocabulary as a compiler of constraints needs it."""

    @property
    def sleeps(self) -> bool:
        """Whether threads that wait for each other can be made to sleep: see `spin`."""

    def use_threads(self, count: int) -> None:
        """Let so many threads work on the next batches."""

    def spin(self, allowed: bool) -> None:
        """Say whether threads that wait may turn in circles; nothing changes where it cannot."""

    def decode(self, batch: Batch) -> Decoded:
        """Read a batch; raises BackendError."""

    def sample(self, row: int, sampler: Sampler, allowed: bytes | None = None) -> int:
        """
        Choose the token that follows a row of the last batch.

        `allowed` has a bit for each token that may be chosen (`Constraint.allowed`): the sampler
        works as if there were no others. None allows all.
        """

    def scores(self, row: int, token: int, top: int) -> Scores:
        """
        Return the log probability of a token of a row, then those of the `top` likeliest.

        They are the model's own: the softmax of its logits before bias, penalties, constraint,
        truncation and temperature.
        """

    def lead(self, row: int) -> float:
        """Return by how much the likeliest token of a row leads the next (natural logarithm)."""

    def copy(self, source: int, target: int, length: int) -> None:
        """Let `target`, which must be empty, share the first tokens of `source`."""

    def forget(self, slot: int, keep: int) -> int:
        """Drop what a slot holds beyond its first `keep` tokens; return how many are left."""

    def save(self, slot: int) -> bytes:
        """Return all that a slot holds, as bytes that `restore` understands; none if it fails."""

    def restore(self, slot: int, state: bytes) -> bool:
        """
        Give an empty slot what `save` returned, once.

        False when the bytes do not fit this model or this cache; the slot may hold anything then
        and is to be forgotten.
        """

    def sampler(
        self, sampling: Sampling, *, seed: int, ignore_eos: bool, history: list[int]
    ) -> Sampler:
        """Make a sampler; `seed` is 32 bits, `history` what its penalties look back on."""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """
        Return the tokens of a text.

        `special`: control tokens spelled in the text become control tokens.
        `start`: put the model's start token in front, if it wants one.
        """

    def piece(self, token: int) -> bytes:
        """Return a token's text, perhaps half a code point; nothing for control tokens."""

    def ends(self, token: int) -> bool:
        """Whether a token ends a reply."""
