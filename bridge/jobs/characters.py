"""What a character remembers, as the text that a game keeps in its save-games."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.worker.messages import Memory

VERSION = 1
MAX_BYTES = 1 << 26
"""No conversation is longer than this, in bytes of JSON; whoever sends more means harm."""

_FORM = re.compile(r"hearsay(\d{1,4}):([A-Za-z0-9_=-]+)")


class State(msgspec.Struct, frozen=True):
    """A memory and the model that it is of; None for a character that has not spoken."""

    model: str | None = None
    memory: Memory = Memory()


def seal(state: State) -> str:
    """Return a state as text: its version, and JSON that is compressed."""
    packed = base64.urlsafe_b64encode(zlib.compress(msgspec.json.encode(state)))
    return f"hearsay{VERSION}:{packed.decode()}"


def unseal(text: str) -> State:
    """
    Return the state that a text is; an empty one for a version that is not ours.

    Raises HearsayError(INVALID_REQUEST) for what no Hearsay has written.
    """
    found = _FORM.fullmatch(text)
    if found and int(found[1]) != VERSION:
        return State()
    try:
        packed = base64.urlsafe_b64decode(found[2]) if found else b""
        return msgspec.json.decode(_inflate(packed), type=State)
    except (binascii.Error, zlib.error, msgspec.DecodeError):
        message = "This is no character's state; give what character_saved told, as it was"
        raise HearsayError(ErrorCode.INVALID_REQUEST, message, "state") from None


def _inflate(packed: bytes) -> bytes:
    stream = zlib.decompressobj()
    data = stream.decompress(packed, MAX_BYTES)
    if not stream.eof:
        raise zlib.error("too long, or cut off")
    return data
