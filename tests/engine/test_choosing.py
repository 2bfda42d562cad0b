"""A token is chosen among the likeliest alone where the chain would drop all others at once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.batch import Batch
from bridge.engine.llama import backend as backend_module
from bridge.engine.llama.backend import LlamaBackend, LlamaOptions
from bridge.engine.llama.choosing import likeliest
from bridge.protocol import Sampling

TAVERN = Path(__file__).parents[2] / "bridge" / "models" / "data" / "tavern.gguf"

QUICK = [
    Sampling(temperature=0),
    Sampling(temperature=0.8, top_k=40),
    Sampling(temperature=1.5, top_k=200, min_p=0.01),
    Sampling(temperature=0.8, top_k=5, top_p=0.7, logit_bias={"13": -100.0, "40": -2.0}),
]

SLOW = [
    Sampling(temperature=0.8, top_k=0, top_p=1.0, min_p=0.0),
    Sampling(temperature=0.8, top_k=1000),
    Sampling(temperature=0.8, top_k=40, logit_bias={"13": 5.0}),
    Sampling(temperature=0.8, top_k=40, repeat_penalty=1.2),
    Sampling(temperature=0.8, top_k=40, dry_multiplier=0.8),
    Sampling(temperature=0.8, top_k=40, mirostat=2),
]


@pytest.fixture(scope="module")
def backend() -> LlamaBackend:
    options = LlamaOptions(
        path=TAVERN, slots=1, context=256, threads=1, gpu_layers=0, safe=False, batch_tokens=64
    )
    loaded = LlamaBackend(options, lambda _: None)
    tokens = loaded.tokenize("The innkeeper says", special=False, start=True)
    batch = Batch(len(tokens), tokens=tokens, positions=list(range(len(tokens))))
    batch.slots, batch.wanted = [0] * len(tokens), [len(tokens) - 1]
    loaded.decode(batch)
    return loaded


def drawn(backend: LlamaBackend, sampling: Sampling, *, ignore_eos: bool = True) -> list[int]:
    """Draw with many seeds from the row that the fixture has read."""
    row = len(backend.tokenize("The innkeeper says", special=False, start=True)) - 1
    tokens = []
    for seed in range(200):
        sampler = backend.sampler(sampling, seed=seed, ignore_eos=ignore_eos, history=[])
        tokens.append(backend.sample(row, sampler))
        sampler.close()
    return tokens


@pytest.mark.parametrize("sampling", QUICK)
@pytest.mark.parametrize("ignore_eos", [False, True])
def test_the_same_tokens_are_drawn_from_the_likeliest_as_from_all(
    backend: LlamaBackend, monkeypatch: pytest.MonkeyPatch, sampling: Sampling, ignore_eos: bool
) -> None:
    sampler = backend.sampler(sampling, seed=1, ignore_eos=ignore_eos, history=[])
    assert sampler.keeps
    sampler.close()
    plain = drawn(backend, sampling, ignore_eos=ignore_eos)
    monkeypatch.setattr(backend_module, "MANY", 0)
    monkeypatch.setattr(backend_module, "ROWS", 1)
    assert drawn(backend, sampling, ignore_eos=ignore_eos) == plain


@pytest.mark.parametrize("sampling", SLOW)
def test_where_all_tokens_count_all_are_looked_at(
    backend: LlamaBackend, sampling: Sampling
) -> None:
    sampler = backend.sampler(sampling, seed=1, ignore_eos=False, history=[])
    assert sampler.keeps == 0
    sampler.close()


def test_where_too_many_are_alike_the_chain_decides(
    backend: LlamaBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = drawn(backend, QUICK[1])
    monkeypatch.setattr(backend_module, "MANY", 0)
    monkeypatch.setattr(backend_module, "ROWS", 1)
    monkeypatch.setattr("bridge.engine.llama.choosing._FEW", 10)
    assert drawn(backend, QUICK[1]) == plain


@given(st.integers(1024, 5000), st.integers(1, 300), st.integers(0, 1000), st.integers(1, 50))
def test_the_likeliest_are_found_whatever_the_logits(
    size: int, keeps: int, seed: int, kinds: int
) -> None:
    random = np.random.default_rng(seed)
    logits = (random.integers(0, kinds * 100, size) / 7).astype(np.float32)
    found = likeliest(logits, keeps)
    least = np.sort(logits)[-keeps]
    assert set(np.flatnonzero(logits >= least)) <= set(found)
    assert np.all(np.diff(found) > 0)
