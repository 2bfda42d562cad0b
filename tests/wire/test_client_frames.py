"""The client's direction of the codecs: what a sidecar says is read by the rules of `frames`."""

from __future__ import annotations

from contextlib import suppress

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import MAX_FRAME_BYTES, JobChunk, JobField, Ping, ServerMessage
from bridge.wire.client_frames import ClientCodec, ClientJsonCodec, ClientMsgpackCodec
from bridge.wire.frames import JsonCodec, MsgpackCodec

BOTH = pytest.mark.parametrize(
    ("client", "sidecar"),
    [(ClientJsonCodec(), JsonCodec()), (ClientMsgpackCodec(), MsgpackCodec())],
)


@BOTH
@pytest.mark.parametrize(
    "message",
    [
        JobChunk(job="a", offset=2, text="é🐉"),
        JobField(job="a", path="/name", value=None),
        JobField(job="a", path="", value={"a": [1, 2.5, None]}),
    ],
)
def test_what_a_sidecar_says_is_read(
    client: ClientCodec, sidecar: JsonCodec | MsgpackCodec, message: ServerMessage
) -> None:
    assert client.decode(sidecar.encode(message)) == message


@BOTH
def test_what_a_client_says_is_read(client: ClientCodec, sidecar: JsonCodec | MsgpackCodec) -> None:
    assert sidecar.decode(client.encode(Ping(nonce="1"))) == Ping(nonce="1")


def test_a_tag_from_the_future_is_nothing() -> None:
    assert ClientJsonCodec().decode(b'{"type": "job_sung", "job": "a"}') is None
    assert ClientMsgpackCodec().decode(msgpack.packb({"type": "job_sung"})) is None


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"", ErrorCode.INVALID_REQUEST),
        (b"[]", ErrorCode.INVALID_REQUEST),
        (b"{}", ErrorCode.INVALID_REQUEST),
        (b'{"type": 5}', ErrorCode.INVALID_REQUEST),
        (b'{"type": "job_chunk", "job": "a"}', ErrorCode.INVALID_REQUEST),
        (
            b'{"type": "job_chunk", "job": "a", "offset": "2", "text": ""}',
            ErrorCode.INVALID_REQUEST,
        ),
        (b" " * (MAX_FRAME_BYTES + 1), ErrorCode.TOO_LARGE),
    ],
)
def test_what_is_no_message_is_an_error(frame: bytes, code: ErrorCode) -> None:
    with pytest.raises(HearsayError) as error:
        ClientJsonCodec().decode(frame)
    assert error.value.code is code


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_nothing_or_an_error(frame: bytes) -> None:
    for codec in (ClientJsonCodec(), ClientMsgpackCodec()):
        with suppress(HearsayError):
            codec.decode(frame)
