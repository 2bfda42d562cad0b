"""Frames that are almost right, quite wrong, or noise."""

from __future__ import annotations

import json
import random
from pathlib import Path

import msgpack

VECTORS = Path(__file__).parents[2] / "protocol" / "vectors" / "client"
KEYWORDS = (
    b'"type"',
    b'"job"',
    b"null",
    b"1e999",
    b"-0",
    b"[[[[",
    b"{",
    b"\\ud800",
    b"\xff",
    b"256.0",
)


class Mutator:
    """Draws frames from a seed: the protocol's own vectors, bent, joined, cut and stuffed."""

    def __init__(self, seed: int, *, msgpack_frames: bool) -> None:
        self._random = random.Random(seed)
        texts = [
            case["text"]
            for path in sorted(VECTORS.glob("*.json"))
            for case in json.loads(path.read_text())["cases"]
            if len(case["text"]) < 4096 and '"goodbye"' not in case["text"]
        ]
        self._corpus = _packed(texts) if msgpack_frames else [text.encode() for text in texts]

    def frame(self) -> bytes:
        """Return the next frame."""
        kind = self._random.randrange(8)
        if kind == 0:
            return self._random.randbytes(self._random.randrange(64))
        frame = bytearray(self._random.choice(self._corpus))
        for _ in range(self._random.randrange(4) if kind > 1 else 0):
            self._bend(frame)
        return bytes(frame)

    def _bend(self, frame: bytearray) -> None:
        at = self._random.randrange(len(frame) + 1)
        match self._random.randrange(5):
            case 0 if at < len(frame):
                frame[at] ^= 1 << self._random.randrange(8)
            case 1:
                del frame[at : at + self._random.randrange(16)]
            case 2:
                frame[at:at] = self._random.choice(KEYWORDS)
            case 3:
                frame[at:at] = frame[: self._random.randrange(64)]
            case _:
                frame[at:at] = self._random.randbytes(self._random.randrange(8))


def _packed(texts: list[str]) -> list[bytes]:
    packed = []
    for text in texts:
        try:
            packed.append(msgpack.packb(json.loads(text)))
        except (ValueError, OverflowError, RecursionError):
            continue  # A vector that only text can express.
    return packed
