"""A folder of saved states: what a model has read outlives its process."""

from __future__ import annotations

import logging
import os
import tempfile
from array import array
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

log = logging.getLogger("hearsay.states")

FORMAT = b"HEARSAY-STATE-1\n"
_SAMPLES = 64
_SAMPLE_BYTES = 4096
_ENDS_BYTES = 1 << 20


def fingerprint(path: Path, *facts: str) -> bytes:
    """
    Return 16 bytes that tell a model file, and what else its states depend on, from any other.

    Its size, both ends and 64 samples are hashed: enough to tell files apart that were made
    differently, and a matter of milliseconds where the whole would take a minute.
    """
    size = path.stat().st_size
    digest = blake2b("\0".join((str(size), *facts)).encode(), digest_size=16)
    places = {0: _ENDS_BYTES, max(size - _ENDS_BYTES, 0): _ENDS_BYTES}
    places |= {size * index // _SAMPLES: _SAMPLE_BYTES for index in range(1, _SAMPLES)}
    with path.open("rb") as file:
        for place in sorted(places):
            file.seek(place)
            digest.update(file.read(places[place]))
    return digest.digest()


class StateFolder:
    """
    The states of one model and build, in files that are found by their tokens.

    A file is FORMAT, the fingerprint, the number of tokens, a checksum of all that follows, the
    tokens, the state. Whatever is wrong with one, it is as if it were not there. Files are
    written beside their place and moved into it; the oldest are removed beyond `limit_bytes`.
    """

    def __init__(self, folder: Path, identity: bytes, limit_bytes: int) -> None:
        self._folder = folder
        self._identity = identity
        self._limit = limit_bytes
        self._head = len(FORMAT) + len(identity) + 8

    def held(self) -> Iterator[list[int]]:
        """Yield the tokens of every state that lies there."""
        for path in self._files():
            if (read := self._read(path, whole=False)) is not None:
                yield read[0]

    def put(self, tokens: list[int], state: bytes) -> None:
        """Keep a state, if the folder lets us."""
        line = array("i", tokens).tobytes()
        body = line + state
        head = FORMAT + self._identity + _number(len(tokens)) + _number(crc32(body))
        if len(head) + len(body) > self._limit:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, beside = tempfile.mkstemp(".new", dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(head)
                    file.write(body)
                Path(beside).replace(self._path(line))
            except OSError:
                Path(beside).unlink(missing_ok=True)
                raise
            self._shrink()
        except OSError as error:
            log.warning("a state could not be kept in %s: %s", self._folder, error)

    def get(self, tokens: list[int]) -> bytes | None:
        """Return the state of exactly these tokens; None when it is gone or not what it was."""
        read = self._read(self._path(array("i", tokens).tobytes()), whole=True)
        return read[1] if read and read[0] == tokens else None

    def _path(self, line: bytes) -> Path:
        return self._folder / f"{blake2b(self._identity + line, digest_size=16).hexdigest()}.state"

    def _files(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.state"))
        except OSError:
            return []

    def _read(self, path: Path, *, whole: bool) -> tuple[list[int], bytes] | None:
        try:
            with path.open("rb") as file:
                head = file.read(self._head)
                if head[:-8] != FORMAT + self._identity or len(head) < self._head:
                    return None
                count = int.from_bytes(head[-8:-4], "little")
                line = file.read(count * 4)
                state = file.read() if whole else b""
        except OSError:
            return None
        if len(line) != count * 4 or (
            whole and crc32(state, crc32(line)) != int.from_bytes(head[-4:], "little")
        ):
            return None
        return array("i", line).tolist(), state

    def _shrink(self) -> None:
        facts = sorted(
            (path.stat().st_mtime_ns, path.stat().st_size, path) for path in self._files()
        )
        used = sum(size for _, size, _ in facts)
        for _, size, path in facts:
            if used <= self._limit:
                return
            path.unlink(missing_ok=True)
            used -= size


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")
