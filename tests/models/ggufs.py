"""Small GGUF files, written by hand so that the reader is checked against the format itself."""

from __future__ import annotations

import struct
from pathlib import Path

Value = str | int | float | bool | list[str] | list[int]


def gguf(
    metadata: dict[str, Value] | None = None,
    tensors: dict[str, tuple[int, ...]] | None = None,
    *,
    version: int = 3,
    kind: int = 0,
    size: float = 4,
) -> bytes:
    """Return a whole file; its tensors are of a kind, whose values take `size` bytes each."""
    metadata = {"general.architecture": "llama"} if metadata is None else metadata
    tensors = tensors or {}
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    head += b"".join(_text(key) + _value(value) for key, value in metadata.items())
    offset = 0
    for name, shape in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        offset += int(size * _values(shape))
    return head + bytes(-len(head) % 32) + bytes(offset)


def write_gguf(path: Path, **metadata: Value) -> Path:
    """Write a small model that says the given things of itself; `__` in a name is a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said: dict[str, Value] = {"general.architecture": "llama", "llama.context_length": 2048}
    said |= {key.replace("__", "."): value for key, value in metadata.items()}
    path.write_bytes(gguf(said, {"token_embd.weight": (8, 16)}))
    return path


def _values(shape: tuple[int, ...]) -> int:
    values = 1
    for side in shape:
        values *= side
    return values


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Value) -> bytes:
    match value:
        case bool():
            return struct.pack("<I?", 7, value)
        case int():
            return struct.pack("<IQ", 10, value)
        case float():
            return struct.pack("<If", 6, value)
        case str():
            return struct.pack("<I", 8) + _text(value)
    texts = [_text(item) for item in value if isinstance(item, str)]
    if texts:
        return struct.pack("<IIQ", 9, 8, len(texts)) + b"".join(texts)
    return struct.pack(f"<IIQ{len(value)}I", 9, 4, len(value), *value)
