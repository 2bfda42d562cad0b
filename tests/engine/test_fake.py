"""The fake backend is strict: what a KV cache would not forgive, it does not either."""

from __future__ import annotations

import pytest

from bridge.engine.backend import BackendError, Decoded
from bridge.engine.batch import Batch
from bridge.engine.fake import END, FakeBackend


def _batch(slot: int, positions: list[int]) -> Batch:
    size = len(positions)
    return Batch(size, tokens=[65] * size, positions=positions, slots=[slot] * size)


def test_a_row_that_leaves_a_gap_is_refused() -> None:
    backend = FakeBackend()
    assert backend.decode(_batch(0, [0, 1])) is Decoded.DONE
    with pytest.raises(BackendError, match="slot 0 holds 2 tokens, row is at 3"):
        backend.decode(_batch(0, [3]))


def test_a_copy_onto_a_slot_that_holds_something_is_refused() -> None:
    backend = FakeBackend()
    backend.decode(_batch(0, [0, 1]))
    backend.decode(_batch(1, [0]))
    with pytest.raises(BackendError, match="not empty"):
        backend.copy(0, 1, 2)


def test_shared_cells_count_once() -> None:
    backend = FakeBackend(slots=3, context=16, cells=4)
    backend.decode(_batch(0, [0, 1, 2]))
    backend.copy(0, 1, 3)
    backend.copy(0, 2, 3)
    assert backend.decode(_batch(1, [3])) is Decoded.DONE
    assert backend.decode(_batch(2, [3])) is Decoded.FULL


def test_it_pauses_at_each_decode_when_told_to() -> None:
    pauses: list[None] = []
    backend = FakeBackend(pause=lambda: pauses.append(None))
    backend.decode(_batch(0, [0]))
    assert len(pauses) == 1


def test_pieces_are_bytes_words_or_nothing() -> None:
    backend = FakeBackend()
    assert backend.piece(65) == b"A"
    assert backend.piece(END) == b""
    assert backend.piece(END + 1) == b" ale"
    assert backend.tokenize("é", special=True, start=True) == [0xC3, 0xA9]
