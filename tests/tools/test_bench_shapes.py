"""The models of the bench, in miniature."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from pathlib import Path

import llama_cpp.llama_cpp as api
import numpy as np
import numpy.typing as npt
import pytest

from tools.bench.recital import START
from tools.bench.shapes import SHAPES, Shape, Vocabulary, make

TINY = Shape("tiny", layers=2, width=64, heads=4, kv_heads=2, feed_forward=96, context=128)


def byte_vocabulary() -> Vocabulary:
    """The bytes as byte-pair vocabularies spell them, one merge, and the ends of Llama 3."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [0x100 + place for place in range(256 - len(plain))]
    tokens = [chr(code).encode() for code in (*plain, *rest)]
    special = [b"<|begin_of_text|>", b"<|eot_id|>"]
    return Vocabulary(
        tokens=[*tokens, b"ab", *special],
        types=[1] * (len(tokens) + 1) + [3] * len(special),
        merges=[b"a b"],
        begin=len(tokens) + 1,
        end=len(tokens) + 2,
    )


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shapes") / "tiny.gguf"
    make(TINY, byte_vocabulary(), path, seed=1, progress=lambda _: None)
    return path


def read(path: Path, tokens: list[int], size: int) -> tuple[npt.NDArray[np.float32], bytes]:
    """Return the logits after some tokens, of a vocabulary of `size`, and the chat template."""
    model = api.llama_model_load_from_file(bytes(path), api.llama_model_default_params())
    assert model
    parameters = api.llama_context_default_params()
    parameters.n_ctx = 64
    parameters.n_threads = parameters.n_threads_batch = 1
    context = api.llama_init_from_model(model, parameters)
    row = (api.llama_token * len(tokens))(*tokens)
    assert api.llama_decode(context, api.llama_batch_get_one(row, len(tokens))) == 0
    logits = np.ctypeslib.as_array(api.llama_get_logits(context), (size,)).copy()
    template = api.llama_model_chat_template(model, None)
    api.llama_free(context)
    api.llama_model_free(model)
    return logits, template


def test_a_shape_that_recites_says_one_word_of_its_log_after_another(tmp_path: Path) -> None:
    plain = byte_vocabulary()
    words = [f"Ġ{word}".encode() for word in ("the", "old", "king", "went", "down")]
    vocabulary = replace(
        plain,
        tokens=[*plain.tokens, START, *words],
        types=[*plain.types, *[1] * (len(words) + 1)],
    )
    make(
        replace(TINY, recites=True),
        vocabulary,
        tmp_path / "r.gguf",
        seed=1,
        progress=lambda _: None,
    )
    said = [len(plain.tokens)]
    for _ in words:
        said.append(int(read(tmp_path / "r.gguf", said, len(vocabulary.tokens))[0].argmax()))
    assert [vocabulary.tokens[token] for token in said[1:]] == words


def test_llama_cpp_loads_and_decodes_a_shape_with_sane_logits(tiny: Path) -> None:
    logits, template = read(tiny, [1, 2, 3], len(byte_vocabulary().tokens))
    assert np.isfinite(logits).all()
    assert 0.01 < logits.std() < 5
    assert b"<|start_header_id|>" in template


def test_the_same_seed_makes_the_same_file(tiny: Path, tmp_path: Path) -> None:
    again, other = tmp_path / "again.gguf", tmp_path / "other.gguf"
    make(TINY, byte_vocabulary(), again, seed=1, progress=lambda _: None)
    make(TINY, byte_vocabulary(), other, seed=2, progress=lambda _: None)
    assert again.read_bytes() == tiny.read_bytes()
    assert other.read_bytes() != tiny.read_bytes()


def test_progress_rises_to_the_end_and_nothing_else_is_left(tmp_path: Path) -> None:
    told: list[float] = []
    make(TINY, byte_vocabulary(), tmp_path / "tiny.gguf", seed=1, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1
    assert [path.name for path in tmp_path.iterdir()] == ["tiny.gguf"]


def test_a_vocabulary_is_read_back_from_a_model(tiny: Path) -> None:
    assert Vocabulary.read(tiny) == byte_vocabulary()


@pytest.mark.parametrize(("name", "millions"), [("m135", 180), ("m135r", 254), ("m1b", 1236)])
def test_the_real_shapes_have_the_sizes_of_their_models(name: str, millions: int) -> None:
    # SmolLM-135M has a vocabulary of 49,152; with that of Llama 3 it is 180 million.
    count = sum(prod(sizes) for _, sizes in SHAPES[name].tensors(128_256))
    assert round(count / 1e6) == millions
