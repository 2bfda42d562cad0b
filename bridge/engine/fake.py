"""
A backend without a model: deterministic, and strict about how it is used.

It keeps every slot's tokens as a KV cache would and refuses a row that does not follow what its
slot holds. The next word depends on all tokens the slot holds, so a wrong copy or a wrong
rewind changes the text.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from functools import partial
from zlib import crc32

from bridge.engine.backend import BackendError, Decoded, Scores
from bridge.engine.batch import Batch
from bridge.engine.constraint import TokenTable
from bridge.protocol import Sampling

BYTES = 256
END = 256
WORDS = (
    *(
        "ale",
        "and",
        "bread",
        "beside",
        "burns",
        "dragons",
        "fire",
        "for",
        "gold",
        "héroes",
        "hills",
    ),
    *("inn", "keeps", "lamp", "no", "of", "old", "rain", "sit", "sleep", "so", "songs", "stay"),
    *("the", "traveller", "under", "wait", "warm", "where", "you"),
)
REPLY_WORDS = 24
"""A reply ends by itself after so many words."""


class FakeSampler:
    """Remembers how many tokens it chose and whether it may end."""

    def __init__(self, ignore_eos: bool) -> None:
        self.ignore_eos = ignore_eos
        self.closed = False

    def accept(self, token: int) -> None:
        """Remember nothing: the next word depends on the tokens alone."""

    def close(self) -> None:
        """Forget everything."""
        self.closed = True


class _Cell:
    """One token's place in the cache, and how many slots share it."""

    __slots__ = ("owners",)

    def __init__(self) -> None:
        self.owners = 1


class FakeBackend:
    """
    Answers the engine's questions from lists.

    `pause` is called at each decode and takes as long as a model would.
    With `cycle` it says the same so many words again and again, by their places.
    Tokens 0 to 255 are bytes, 256 ends a reply, the others are words.
    """

    def __init__(
        self,
        *,
        slots: int = 4,
        context: int = 512,
        cells: int | None = None,
        batch_tokens: int = 64,
        pause: Callable[[], None] | None = None,
        rewinds: bool = True,
        cycle: int = 0,
    ) -> None:
        self.slots = slots
        self.context = context
        self.cells = context if cells is None else cells
        self.batch_tokens = batch_tokens
        self.rewinds = rewinds
        self._cycle = cycle
        self.sleeps = True
        self.threads: int | None = None
        self.spins: bool | None = None
        self.vocabulary = END + 1 + len(WORDS)
        self._pause = pause
        self.caches: list[list[int]] = [[] for _ in range(slots)]
        self.read_tokens = 0
        self._cells: list[list[_Cell]] = [[] for _ in range(slots)]
        self._used = 0
        self._sums: list[list[int]] = [[0] for _ in range(slots)]
        self._rows: list[tuple[int, int]] = []

    def use_threads(self, count: int) -> None:
        """Remember how many threads were wanted last."""
        self.threads = count

    def spin(self, allowed: bool) -> None:
        """Remember whether threads may spin."""
        self.spins = allowed

    def decode(self, batch: Batch) -> Decoded:
        """Append the rows to their slots' caches; raises BackendError on a row out of place."""
        if self._used + len(batch) > self.cells:
            return Decoded.FULL
        if self._pause:
            self._pause()
        self._rows = []
        for token, position, slot in zip(batch.tokens, batch.positions, batch.slots, strict=True):
            cache = self.caches[slot]
            if position != len(cache):
                raise BackendError(f"slot {slot} holds {len(cache)} tokens, row is at {position}")
            cache.append(token)
            self._cells[slot].append(_Cell())
            self._sums[slot].append(crc32(token.to_bytes(4, "big"), self._sums[slot][-1]))
            self._rows.append((slot, len(cache)))
        self._used += len(batch)
        self.read_tokens += len(batch)
        return Decoded.DONE

    @property
    def token_table(self) -> TokenTable:
        """The bytes, the end and the words."""
        tokens = range(END + 1 + len(WORDS))
        return TokenTable(
            texts=[self.piece(token) or b"<end>" for token in tokens],
            controls=frozenset(),
            ends=frozenset({END}),
            tokenize=partial(self.tokenize, special=False, start=False),
        )

    def sample(self, row: int, sampler: object, allowed: bytes | None = None) -> int:
        """Choose a word, or of what is allowed, by the checksum of all that the slot holds."""
        token = self._next(row, sampler)
        if allowed is None or allowed[token // 8] >> token % 8 & 1:
            return token
        choices = [
            each for each in range(END + 1 + len(WORDS)) if allowed[each // 8] >> each % 8 & 1
        ]
        slot, length = self._rows[row]
        return choices[self._sums[slot][length] % len(choices)]

    def _next(self, row: int, sampler: object) -> int:
        slot, length = self._rows[row]
        cache = self.caches[slot][:length]
        written = 0
        while written < min(len(cache), REPLY_WORDS) and cache[-1 - written] > END:
            written += 1
        if written >= REPLY_WORDS and not getattr(sampler, "ignore_eos", False):
            return END
        sum_ = length % self._cycle if self._cycle else self._sums[slot][length]
        return END + 1 + sum_ % len(WORDS)

    def scores(self, row: int, token: int, top: int) -> Scores:
        """Call a token likely by its number, and the first words after it the next likely."""
        tokens = [token, *range(END + 1, END + 1 + top)]
        return [(each, -(each % 7) / 8) for each in tokens]

    def lead(self, row: int) -> float:
        """Never be sure."""
        return 0.125

    def copy(self, source: int, target: int, length: int) -> None:
        """Share the first tokens of a slot with an empty one."""
        if self.caches[target]:
            raise BackendError(f"slot {target} is not empty")
        self.caches[target] = self.caches[source][:length]
        self._cells[target] = self._cells[source][:length]
        for cell in self._cells[target]:
            cell.owners += 1
        self._sums[target] = self._sums[source][: length + 1]

    def forget(self, slot: int, keep: int) -> int:
        """Drop what a slot holds beyond its first `keep` tokens; return how many are left."""
        if keep < len(self.caches[slot]) and not self.rewinds:
            keep = 0
        del self.caches[slot][keep:]
        for cell in self._cells[slot][keep:]:
            cell.owners -= 1
            self._used -= not cell.owners
        del self._cells[slot][keep:]
        del self._sums[slot][keep + 1 :]
        return len(self.caches[slot])

    def save(self, slot: int) -> bytes:
        """Return a slot's tokens and the checksum that its next word depends on."""
        tokens = array("i", self.caches[slot]).tobytes()
        return self._sums[slot][-1].to_bytes(4, "big") + tokens

    def restore(self, slot: int, state: bytes) -> bool:
        """Put tokens back into new cells; False when they are not what was saved, or too many."""
        tokens = array("i", state[4:] if len(state) % 4 == 0 else b"")
        sums = [0]
        for token in tokens:
            sums.append(crc32(token.to_bytes(4, "big"), sums[-1]))
        fits = self._used + len(tokens) <= self.cells
        if self.caches[slot] or not fits or sums[-1] != int.from_bytes(state[:4], "big"):
            return False
        self.caches[slot] = tokens.tolist()
        self._cells[slot] = [_Cell() for _ in tokens]
        self._sums[slot] = sums
        self._used += len(tokens)
        return True

    def sampler(
        self, sampling: Sampling, *, seed: int, ignore_eos: bool, history: list[int]
    ) -> FakeSampler:
        """Make a sampler that ignores its numbers: the text depends on the tokens alone."""
        return FakeSampler(ignore_eos)

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """Return the UTF-8 bytes of a text."""
        return list(text.encode("utf-8"))

    def piece(self, token: int) -> bytes:
        """Return a token's byte or word."""
        if token < BYTES:
            return bytes([token])
        return b"" if token == END else f" {WORDS[token - END - 1]}".encode()

    def ends(self, token: int) -> bool:
        """Whether a token ends a reply."""
        return token == END
