"""Frames of our own protocol: one message each, JSON text or msgpack, held to the same rules."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sized
from itertools import chain
from typing import Protocol, TypeVar, cast

import msgpack
import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.levels import Level, levels
from bridge.protocol import (
    CLIENT_MESSAGES,
    MAX_DEPTH,
    MAX_FRAME_BYTES,
    MAX_ID_LENGTH,
    ClientMessage,
    Json,
    Prepare,
    ServerMessage,
    SubmitChat,
)
from bridge.wire.chat_request import (
    check_chat_request,
    check_messages,
    convert_chat,
    order_slips,
)
from bridge.wire.document import MAX_VALUES, parse
from bridge.wire.tools import check_offered

STARTING = frozenset({"submit_chat", "prepare", "save_character", "load_character"})
"""The tags that begin a job: what is wrong with such a message is how its job ends."""

_PLAIN = frozenset({dict, list, str, int, float, bool, type(None)})
_EXACT = 1 << 53  # Above this, a float no longer says which integer was meant.

_Container = TypeVar("_Container", bound=Sized)

Warn = Callable[[str], None]
"""Is told what was let pass in a frame and is probably a slip."""


def _ignore(warning: str) -> None:
    """Nobody wants to know."""


class FrameError(HearsayError):
    """A frame that is no message; `job` is the job that it would have begun, if any."""

    def __init__(self, error: HearsayError, job: str | None = None) -> None:
        super().__init__(error.code, error.message, error.param)
        self.job = job


class Codec(Protocol):
    """One way of putting messages into bytes; `text` says whether these are text."""

    text: bool

    def decode(self, frame: bytes, warn: Warn = _ignore) -> ClientMessage:
        """Return the message of a frame; raises FrameError."""

    def encode(self, message: ServerMessage) -> bytes:
        """Return the frame of a message."""


class JsonCodec:
    """Frames are JSON text."""

    text = True

    def __init__(self) -> None:
        self.encode: Callable[[ServerMessage], bytes] = msgspec.json.Encoder().encode

    def decode(self, frame: bytes, warn: Warn = _ignore) -> ClientMessage:
        """Return the message of a frame; raises FrameError."""
        return _message(frame, parse, warn)


class MsgpackCodec:
    """Frames are msgpack maps with string keys; no extension types, no raw bytes."""

    text = False

    def decode(self, frame: bytes, warn: Warn = _ignore) -> ClientMessage:
        """Return the message of a frame; raises FrameError."""
        return _message(frame, unpack, warn)

    def encode(self, message: ServerMessage) -> bytes:
        """Return the frame of a message."""
        return cast(bytes, msgpack.packb(msgspec.to_builtins(message)))


def _message(
    frame: bytes, parse_frame: Callable[[bytes], dict[str, Json]], warn: Warn
) -> ClientMessage:
    document: dict[str, Json] = {}
    try:
        _check_size(frame)
        document = parse_frame(frame)
        return _checked(document, warn)
    except HearsayError as error:
        error.message = error.message.replace("The body", "The message", 1)
        raise FrameError(error, _job_of(document)) from None


def _check_size(frame: bytes) -> None:
    if len(frame) > MAX_FRAME_BYTES:
        reason = f"The message has {len(frame)} bytes; {MAX_FRAME_BYTES} are allowed"
        raise HearsayError(ErrorCode.TOO_LARGE, reason)


def _job_of(document: dict[str, Json]) -> str | None:
    tag, job = document.get("type"), document.get("job")
    if isinstance(tag, str) and tag in STARTING and isinstance(job, str):
        return job if 0 < len(job) <= MAX_ID_LENGTH else None
    return None


def _checked(document: dict[str, Json], warn: Warn) -> ClientMessage:
    tag = document.get("type")
    kind = CLIENT_MESSAGES.get(tag) if isinstance(tag, str) else None
    if kind is None:
        reason = "The message's type is not one that is known here"
        raise HearsayError(ErrorCode.UNKNOWN_MESSAGE, reason, "type")
    asked = document.get("request")
    if kind is not SubmitChat or not isinstance(asked, dict):
        message = convert_chat(document, kind)
        if isinstance(message, Prepare):
            check_messages(message.messages)
            check_offered(message.tools)
        return message
    # A null means that a field was not given, as OpenAI's clients send it.
    given = {key: value for key, value in asked.items() if value is not None}
    submit = convert_chat({**document, "request": given}, SubmitChat)
    try:
        check_chat_request(submit.request, given)
    except HearsayError as error:
        raise HearsayError(error.code, error.message, f"request.{error.param}") from None
    for slip in order_slips(document, given):
        warn(slip)
    return submit


def unpack(frame: bytes) -> dict[str, Json]:
    """Return the map that a msgpack frame is; raises HearsayError(INVALID_REQUEST)."""
    room = MAX_VALUES  # An empty map is a byte there, and sixty in memory.

    def count(container: _Container) -> _Container:
        nonlocal room
        room -= max(1, len(container))
        if room < 0:
            raise _invalid(f"The message holds more than {MAX_VALUES} values")
        return container

    try:
        document = msgpack.unpackb(
            frame,
            object_pairs_hook=lambda pairs: count(_map(pairs)),
            list_hook=count,
            max_ext_len=0,
            max_bin_len=0,
        )
    except (ValueError, msgpack.UnpackException) as error:
        reason = str(error)[:200] or type(error).__name__
        raise _invalid(f"The message is not valid msgpack: {reason}") from None
    if not isinstance(document, dict):
        raise _invalid("The message must be a map")
    _make_plain(document)
    return document


def _map(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    listed = list(pairs)
    found = dict(listed)
    if len(found) != len(listed):
        raise _invalid("A map has a key twice")
    return found


def _make_plain(document: dict[str, Json]) -> None:
    """Hold msgpack to what JSON can say: no bytes, no NaN, 256.0 is 256, bounded depth."""
    above = Level([], [], [])
    for depth, level in enumerate(levels(document)):
        if depth == MAX_DEPTH and (level.maps or level.lists):
            raise _invalid(f"The message is nested more than {MAX_DEPTH} deep")
        kinds = set(map(type, level.values))
        if not kinds <= _PLAIN or set(map(type, chain.from_iterable(level.maps))) - {str}:
            raise _invalid("The message contains raw bytes or a kind of value of its own")
        if float in kinds:
            _make_whole(above)
        above = level


def _make_whole(level: Level) -> None:
    for members in level.maps:
        members.update({key: _whole(each) for key, each in members.items() if type(each) is float})
    for items in level.lists:
        items[:] = [_whole(each) if type(each) is float else each for each in items]


def _whole(number: float) -> int | float:
    if not math.isfinite(number):
        raise _invalid("The message contains a number that is not finite")
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _invalid(message: str) -> HearsayError:
    return HearsayError(ErrorCode.INVALID_REQUEST, message)
