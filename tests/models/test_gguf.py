"""The reader of GGUF heads: whole files, cut ones, and ones that lie."""

from __future__ import annotations

import contextlib
import random
import struct
from pathlib import Path

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.models.gguf import KEPT_STRING_BYTES, read_head
from bridge.models.store import embedded_path
from tests.models.ggufs import gguf


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "model.gguf"


def refusal(file: Path, data: bytes) -> str:
    file.write_bytes(data)
    with pytest.raises(HearsayError) as caught:
        read_head(file)
    assert caught.value.code is ErrorCode.MODEL_FAILED
    assert str(file) in caught.value.message
    return caught.value.message


def test_scalars_are_read_and_arrays_and_long_texts_are_skipped(file: Path) -> None:
    file.write_bytes(
        gguf(
            {
                "general.architecture": "qwen3",
                "general.name": "A model",
                "tokenizer.tokens": ["a", "bc", ""],
                "tokenizer.types": [1, 2, 3],
                "tokenizer.chat_template": "x" * (KEPT_STRING_BYTES + 1),
                "hearsay.trained": False,
                "qwen3.rope": 0.5,
                "qwen3.context_length": 4096,
            },
            {"a": (4, 8), "b": (10,)},
        )
    )
    head = read_head(file)
    assert head.architecture == "qwen3"
    assert head.text("general.name") == "A model"
    assert head.text("qwen3.rope") is None
    assert head.context == 4096
    assert head.parameters == 42
    assert head.tensors == 2
    assert head.size_bytes == file.stat().st_size
    assert head.metadata["hearsay.trained"] is False
    assert head.metadata["tokenizer.chat_template"] == ""
    assert head.metadata["tokenizer.tokens"] == ""


def test_version_2_is_read_too(file: Path) -> None:
    file.write_bytes(gguf(version=2))
    assert read_head(file).architecture == "llama"


def test_the_embedded_model_is_whole() -> None:
    head = read_head(embedded_path())
    assert head.architecture == "llama"
    assert head.context
    assert head.parameters > 10_000


def test_a_missing_file_is_named(file: Path) -> None:
    with pytest.raises(HearsayError, match="cannot be read: No such file"):
        read_head(file)


def test_a_folder_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(HearsayError, match="cannot be read"):
        read_head(tmp_path)


@pytest.mark.parametrize("data", [b"", b"GG", b"PK\x03\x04 a zip file", b"\x00" * 100])
def test_another_kind_of_file_is_no_model(file: Path, data: bytes) -> None:
    assert "does not begin with GGUF" in refusal(file, data)


@pytest.mark.parametrize("version", [0, 1, 4, 0x03000000])
def test_an_unknown_version_is_refused(file: Path, version: int) -> None:
    assert f"its version is {version}" in refusal(file, gguf(version=version))


def test_every_cut_of_a_file_is_noticed(file: Path) -> None:
    whole = gguf({"general.architecture": "llama", "a": ["x", "yz"]}, {"t": (4, 4)})
    for length in range(len(whole)):
        refusal(file, whole[:length])


def test_a_download_that_lacks_its_last_byte_is_noticed(file: Path) -> None:
    whole = gguf(tensors={"t": (64, 64)})
    assert "as an unfinished download has" in refusal(file, whole[:-1])


@pytest.mark.parametrize(
    ("kind", "size"), [(12, 144 / 256), (23, 136 / 256), (29, 56 / 256), (39, 17 / 32)]
)
def test_so_is_one_of_small_values(file: Path, kind: int, size: float) -> None:
    whole = gguf(tensors={"t": (256, 64)}, kind=kind, size=size)
    file.write_bytes(whole)
    assert read_head(file).parameters == 256 * 64
    assert "as an unfinished download has" in refusal(file, whole[:-1])


def test_counts_that_cannot_be_are_refused(file: Path) -> None:
    many = b"GGUF" + struct.pack("<IQQ", 3, 1 << 40, 0)
    assert "tensors" in refusal(file, many)
    keys = b"GGUF" + struct.pack("<IQQ", 3, 0, 1 << 62)
    assert "metadata entries" in refusal(file, keys)
    long = b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1 << 63)
    assert "bytes for the name" in refusal(file, long)


def test_an_array_that_claims_more_than_the_file_ends_with_the_file(file: Path) -> None:
    for kind in (8, 4):
        entry = struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, kind, 1 << 63)
        head = b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + entry + bytes(64)
        file.write_bytes(head)
        refusal(file, head)


@pytest.mark.parametrize("kinds", [(99,), (9, 9), (9, 77)])
def test_unknown_types_are_refused(file: Path, kinds: tuple[int, ...]) -> None:
    entry = struct.pack("<Q", 1) + b"a" + struct.pack(f"<{len(kinds)}I", *kinds) + bytes(16)
    assert "unknown type" in refusal(file, b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + entry)


@pytest.mark.parametrize("alignment", [0, 1 << 40, "x"])
def test_a_senseless_alignment_is_refused(file: Path, alignment: int | str) -> None:
    assert "alignment" in refusal(file, gguf({"general.alignment": alignment}, {"t": (1,)}))


def test_damaged_files_never_raise_anything_else(file: Path) -> None:
    whole = gguf({"general.architecture": "llama", "a": ["x", "yz"], "b": 5}, {"t": (4, 4)})
    draw = random.Random(3)
    for _ in range(1000):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            damaged[draw.randrange(len(whole) - 64)] = draw.randrange(256)
        file.write_bytes(damaged)
        with contextlib.suppress(HearsayError):
            read_head(file)
