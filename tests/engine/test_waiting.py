"""Threads of the real llama.cpp wait as they are told, and a small cache holds as much."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest

from bridge.engine.batch import Batch
from bridge.engine.llama import waiting
from bridge.engine.llama.backend import LlamaBackend, LlamaOptions
from bridge.engine.llama.waiting import Sleepers
from bridge.worker.crew import start_and_stay

TAVERN = Path(__file__).parents[2] / "bridge" / "models" / "data" / "tavern.gguf"


def _load(kv_type: Literal["f16", "q8_0", "q4_0"] = "f16") -> LlamaBackend:
    options = LlamaOptions(
        path=TAVERN,
        slots=1,
        context=256,
        threads=2,
        gpu_layers=0,
        safe=False,
        kv_type=kv_type,
    )
    return LlamaBackend(options, lambda _: None, start_and_stay)


def test_decoding_goes_on_however_threads_wait_and_however_many_there_are() -> None:
    backend = _load()
    for position, (spins, threads) in enumerate([(True, 2), (False, 2), (False, 1), (True, 2)]):
        backend.spin(spins)
        backend.use_threads(threads)
        backend.decode(Batch(0, tokens=[5], positions=[position], slots=[0], wanted=[0]))
    backend.spin(False)
    backend.spin(True)


class Held:
    """Counts how often threads were gathered and let go."""

    def __init__(self) -> None:
        self.gathered = self.released = 0

    def start(self, work: Callable[[], None]) -> Callable[[], None]:
        self.gathered += 1
        return self._release

    def _release(self) -> None:
        self.released += 1


def test_threads_are_gathered_once_and_let_go_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_gnu_openmp", object)
    held = Held()
    sleepers = Sleepers(held.start)
    assert sleepers.work
    sleepers.release()
    sleepers.hold()
    sleepers.hold()
    sleepers.release()
    sleepers.release()
    assert (held.gathered, held.released) == (1, 1)


def test_where_it_is_not_known_how_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.RTLD_NOLOAD", raising=False)
    held = Held()
    sleepers = Sleepers(held.start)
    assert not sleepers.work
    sleepers.hold()
    sleepers.release()
    assert held.gathered == 0


def test_another_openmp_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise OSError("not loaded")

    monkeypatch.setattr("ctypes.CDLL", missing)
    assert not Sleepers(start_and_stay).work


@pytest.mark.parametrize("kv_type", ["q8_0", "q4_0"])
def test_a_smaller_cache_writes_too(kv_type: Literal["q8_0", "q4_0"]) -> None:
    full, small = _load(), _load(kv_type)
    tokens = full.tokenize("Once upon a time", special=False, start=True)
    for backend in (full, small):
        rows = len(tokens)
        backend.decode(Batch(0, tokens, list(range(rows)), [0] * rows, [rows - 1]))
    assert len(small.save(0)) < 0.6 * len(full.save(0))
