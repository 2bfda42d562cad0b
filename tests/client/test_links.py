"""Addresses, and what is spoken there."""

from __future__ import annotations

import pytest

from bridge.client.links import address, codec_for
from bridge.wire.client_frames import ClientJsonCodec, ClientMsgpackCodec


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:11434", "ws://127.0.0.1:11434/v1/bridge"),
        ("http://127.0.0.1:11434/", "ws://127.0.0.1:11434/v1/bridge"),
        ("https://[::1]:443", "wss://[::1]:443/v1/bridge"),
        ("ws://localhost:1/elsewhere", "ws://localhost:1/elsewhere"),
        ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555"),
        ("ipc:///tmp/hearsay", "ipc:///tmp/hearsay"),
    ],
)
def test_an_address_may_be_written_in_short(written: str, meant: str) -> None:
    assert address(written) == meant


@pytest.mark.parametrize("written", ["localhost:11434", "http://", "ftp://x", ""])
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="write http://HOST:PORT"):
        address(written)


def test_zeromq_carries_msgpack_and_a_websocket_json_unless_asked() -> None:
    assert isinstance(codec_for("tcp://127.0.0.1:1", msgpack=False), ClientMsgpackCodec)
    assert isinstance(codec_for("ws://127.0.0.1:1", msgpack=True), ClientMsgpackCodec)
    assert isinstance(codec_for("ws://127.0.0.1:1", msgpack=False), ClientJsonCodec)


@pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/"])
def test_the_address_that_openai_clients_have_will_do(path: str) -> None:
    assert address(f"http://localhost:11434{path}") == "ws://localhost:11434/v1/bridge"
