"""What the head of a GGUF file says, read with bounds and without any library."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bridge.errors import ErrorCode, HearsayError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
MAX_KEYS = 1 << 16
MAX_TENSORS = 1 << 20
MAX_KEY_BYTES = 1 << 16
MAX_DIMENSIONS = 4

KEPT_STRING_BYTES = 1 << 14
"""Longer texts, such as chat templates, are noted as present and not kept."""

Scalar = int | float | bool | str

_SCALARS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
_STRING = 8
_ARRAY = 9

# ggml type -> (values in a block, bytes of a block), as gguf-py's GGML_QUANT_SIZES has them.
_BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    9: (32, 36),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
    15: (256, 292),
    16: (256, 66),
    17: (256, 74),
    18: (256, 98),
    19: (256, 50),
    20: (32, 18),
    21: (256, 110),
    22: (256, 82),
    23: (256, 136),
    24: (1, 1),
    25: (1, 2),
    26: (1, 4),
    27: (1, 8),
    28: (1, 8),
    29: (256, 56),
    30: (1, 2),
    34: (256, 54),
    35: (256, 66),
    39: (32, 17),
    40: (64, 36),
    41: (128, 18),
}


@dataclass(frozen=True)
class Head:
    """The scalar metadata of a GGUF file and the sums over its tensors."""

    metadata: dict[str, Scalar]
    parameters: int
    tensors: int
    size_bytes: int

    def text(self, key: str) -> str | None:
        """Return a text of the metadata, or None when it is absent or no text."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else None

    @property
    def architecture(self) -> str:
        """The family of the model, such as `llama`; empty when the file does not say."""
        return self.text("general.architecture") or ""

    @property
    def context(self) -> int | None:
        """The tokens that the model was trained to hold, when the file says so."""
        value = self.metadata.get(f"{self.architecture}.context_length")
        return value if isinstance(value, int) else None


class _BrokenError(Exception):
    """What is wrong with a file, as the end of a sentence."""


class _Reader:
    """Reads little-endian values and never past the end of the file."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size

    def position(self) -> int:
        return self._file.tell()

    def take(self, count: int) -> bytes:
        data = self._file.read(count) if count <= self._size else b""
        if len(data) != count:
            raise _BrokenError("it ends too early, as an unfinished download does")
        return data

    def number(self, form: str) -> int:
        (value,) = struct.unpack(form, self.take(struct.calcsize(form)))
        return int(value)

    def bounded(self, form: str, limit: int, what: str) -> int:
        value = self.number(form)
        if value > limit:
            raise _BrokenError(f"it claims {value} {what}")
        return value

    def skip(self, count: int) -> None:
        if count > self._size - self.position():
            raise _BrokenError("it ends too early, as an unfinished download does")
        self._file.seek(count, os.SEEK_CUR)


def read_head(path: Path) -> Head:
    """
    Read and check the head of a GGUF file, and that its tensors lie within the file.

    Raises HearsayError(MODEL_FAILED) for a file that is missing, cut short or something else.
    """
    try:
        size = path.stat().st_size
        with path.open("rb", buffering=1 << 18) as file:
            return _read(_Reader(file, size), size)
    except OSError as error:
        why = error.strerror or "it cannot be opened"
        message = f"The model file {path} cannot be read: {why}."
        raise HearsayError(ErrorCode.MODEL_FAILED, message, "model") from error
    except _BrokenError as broken:
        message = f"{path} is not a usable GGUF file: {broken}."
        raise HearsayError(ErrorCode.MODEL_FAILED, message, "model") from broken


def _read(reader: _Reader, size: int) -> Head:
    if size < len(MAGIC) or reader.take(len(MAGIC)) != MAGIC:
        raise _BrokenError("it does not begin with GGUF")
    version = reader.number("<I")
    if version not in VERSIONS:
        raise _BrokenError(f"its version is {version}, and only 2 and 3 are known")
    tensors = reader.bounded("<Q", MAX_TENSORS, "tensors")
    keys = reader.bounded("<Q", MAX_KEYS, "metadata entries")
    metadata = dict(_entry(reader) for _ in range(keys))
    shapes = [_tensor(reader) for _ in range(tensors)]
    _check_end(reader.position(), metadata, shapes, size)
    return Head(metadata, sum(values for values, _ in shapes), tensors, size)


def _entry(reader: _Reader) -> tuple[str, Scalar]:
    key = _text(reader, reader.bounded("<Q", MAX_KEY_BYTES, "bytes for the name of an entry"))
    return key, _value(reader, reader.number("<I"))


def _value(reader: _Reader, kind: int) -> Scalar:
    """Read a scalar; an array is skipped and a long text noted, both as an empty text."""
    if form := _SCALARS.get(kind):
        (value,) = struct.unpack(form, reader.take(struct.calcsize(form)))
        return value if isinstance(value, int | float | bool) else ""
    if kind == _STRING:
        length = reader.number("<Q")
        if length <= KEPT_STRING_BYTES:
            return _text(reader, length)
        reader.skip(length)
    elif kind == _ARRAY:
        _skip_array(reader)
    else:
        raise _BrokenError(f"it holds a value of the unknown type {kind}")
    return ""


def _skip_array(reader: _Reader) -> None:
    kind = reader.number("<I")
    count = reader.number("<Q")
    if form := _SCALARS.get(kind):
        reader.skip(count * struct.calcsize(form))
    elif kind == _STRING:
        # A false count ends at the end of the file: every text takes eight bytes at least.
        for _ in range(count):
            reader.skip(reader.number("<Q"))
    else:
        raise _BrokenError(f"it holds an array of the unknown type {kind}")


def _text(reader: _Reader, length: int) -> str:
    return reader.take(length).decode("utf-8", "replace")


def _tensor(reader: _Reader) -> tuple[int, int]:
    """Return how many values a tensor has and where it ends, counted from the first tensor."""
    reader.skip(reader.bounded("<Q", MAX_KEY_BYTES, "bytes for the name of a tensor"))
    dimensions = reader.bounded("<I", MAX_DIMENSIONS, "dimensions for a tensor")
    values = 1
    for _ in range(dimensions):
        values *= reader.number("<Q")
    block, block_bytes = _BLOCKS.get(reader.number("<I"), (1, 0))
    return values, reader.number("<Q") + values // block * block_bytes


def _check_end(
    position: int, metadata: dict[str, Scalar], shapes: list[tuple[int, int]], size: int
) -> None:
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or not 0 < alignment <= 1 << 20:
        raise _BrokenError(f"its alignment is {alignment}")
    start = -(-position // alignment) * alignment
    needed = start + max((end for _, end in shapes), default=0)
    if shapes and needed > size:
        raise _BrokenError(
            f"it has {size} bytes of at least {needed}, as an unfinished download has"
        )
