"""Damaged model files: refused by their head, by llama.cpp, or the end of a worker and no more."""

from __future__ import annotations

import contextlib
import random
from pathlib import Path

from bridge.errors import ErrorCode, HearsayError
from bridge.models.gguf import read_head
from bridge.models.store import embedded_path
from bridge.worker.supervisor import State
from tests.worker.gateway import Gateway
from tools.fuzz.models import damaged, head_size


def _twin(whole: bytes) -> bytes:
    """Return a copy in which two tokens are one, at which llama.cpp asserts."""
    tokens = whole.index(b"tokenizer.ggml.tokens")
    first, second = (_token(whole, text, tokens) for text in (b"qu", b"ab"))
    return whole[:first] + whole[second : second + 10] + whole[first + 10 :]


def _token(whole: bytes, text: bytes, after: int) -> int:
    return whole.index(len(text).to_bytes(8, "little") + text, after)


async def test_a_file_at_which_llama_cpp_aborts_fails_its_jobs_and_nobody_else(
    tmp_path: Path,
) -> None:
    path = tmp_path / "twin.gguf"
    path.write_bytes(_twin(embedded_path().read_bytes()))
    read_head(path)
    async with Gateway(path=path, backend="llama", threads=1) as gateway:
        gateway.submit("a")
        await gateway.all_over()
        failed = gateway.failed("a")
        assert failed
        assert failed.code is ErrorCode.MODEL_FAILED
        assert "while loading it" in failed.message
        assert gateway.supervisor.state is State.FAILED


def test_damaged_copies_of_the_built_in_model_are_read_or_refused(tmp_path: Path) -> None:
    whole = embedded_path().read_bytes()
    size, draw, path = head_size(whole), random.Random(7), tmp_path / "model.gguf"
    refused = 0
    for _ in range(60):  # `python -m tools.fuzz.models` takes two thousand, and loads them.
        path.write_bytes(damaged(whole, size, draw))
        with contextlib.suppress(HearsayError):
            read_head(path)
            continue
        refused += 1
    assert 10 < refused < 60
