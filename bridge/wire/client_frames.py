"""Frames as a client writes and reads them: the other direction of `frames`, by the same rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, cast

import msgpack
import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    MAX_FRAME_BYTES,
    SERVER_MESSAGES,
    ClientMessage,
    Json,
    ServerMessage,
)
from bridge.wire.document import parse
from bridge.wire.frames import unpack


class ClientCodec(Protocol):
    """One way of putting messages into bytes; `text` says whether these are text."""

    text: bool

    def decode(self, frame: bytes) -> ServerMessage | None:
        """Return the message of a frame, None if only a newer client knows it; or HearsayError."""

    def encode(self, message: ClientMessage) -> bytes:
        """Return the frame of a message."""


class ClientJsonCodec:
    """Frames are JSON text."""

    text = True

    def __init__(self) -> None:
        self.encode: Callable[[ClientMessage], bytes] = msgspec.json.Encoder().encode

    def decode(self, frame: bytes) -> ServerMessage | None:
        """Return the message of a frame, None if only a newer client knows it; or HearsayError."""
        return _message(frame, parse)


class ClientMsgpackCodec:
    """Frames are msgpack maps."""

    text = False

    def decode(self, frame: bytes) -> ServerMessage | None:
        """Return the message of a frame, None if only a newer client knows it; or HearsayError."""
        return _message(frame, unpack)

    def encode(self, message: ClientMessage) -> bytes:
        """Return the frame of a message."""
        return cast(bytes, msgpack.packb(msgspec.to_builtins(message)))


def _message(frame: bytes, parse_frame: Callable[[bytes], dict[str, Json]]) -> ServerMessage | None:
    if len(frame) > MAX_FRAME_BYTES:
        reason = f"The message has {len(frame)} bytes; {MAX_FRAME_BYTES} are allowed"
        raise HearsayError(ErrorCode.TOO_LARGE, reason)
    document = parse_frame(frame)
    tag = document.get("type")
    if not isinstance(tag, str):
        raise HearsayError(ErrorCode.INVALID_REQUEST, "The message has no type")
    kind = SERVER_MESSAGES.get(tag)
    try:
        # A null stays, unlike in a request: it may be the very value of a reply's field.
        return msgspec.convert(document, kind) if kind else None
    except msgspec.ValidationError as error:
        reason = f"The message has the wrong shape: {error}"
        raise HearsayError(ErrorCode.INVALID_REQUEST, reason) from None
