"""One connection to a sidecar, whatever carries it."""

from __future__ import annotations

from typing import Protocol

from bridge.wire.client_frames import ClientCodec, ClientJsonCodec, ClientMsgpackCodec

PATH = "/v1/bridge"
MSGPACK = "hearsay.v1.msgpack"
"""The subprotocol of WebSocket whose frames are msgpack."""


class LinkError(Exception):
    """
    A connection is closed or could not be opened; the text says why.

    `refused`: nobody listens there, or somebody who is no sidecar.
    """

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.refused = refused


class Link(Protocol):
    """An open connection; a frame is one message."""

    async def send(self, frame: bytes) -> None:
        """Send a frame; raises LinkError."""

    async def receive(self) -> bytes:
        """Return the next frame; raises LinkError when there is none any more."""

    async def close(self) -> None:
        """Close; what was sent before still goes out, unless the other side is silent."""

    def cut(self) -> None:
        """Let go of the connection without a word, as a broken network does."""


def address(url: str) -> str:
    """
    Return the address of our protocol for what a user writes.

    `http://host:port` is the sidecar's WebSocket; `ws://…`, `tcp://host:port` and `ipc://path`
    stay as they are. Raises ValueError for anything else.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or not rest:
        raise ValueError(f"{url!r} is no address; write http://HOST:PORT or tcp://HOST:PORT")
    if scheme in {"tcp", "ipc"}:
        return url
    plain = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(scheme)
    if plain is None:
        raise ValueError(f"{scheme!r} is not known; write http://HOST:PORT or tcp://HOST:PORT")
    host, slash, path = rest.partition("/")
    # `/v1` is what one has from OpenAI's clients.
    return f"{plain}://{host}{PATH if path.strip('/') in {'', 'v1'} else slash + path}"


def codec_for(url: str, *, msgpack: bool) -> ClientCodec:
    """Return how messages are written at an address: ZeroMQ always carries msgpack."""
    return ClientMsgpackCodec() if msgpack or is_zeromq(url) else ClientJsonCodec()


def is_zeromq(url: str) -> bool:
    """Whether an address is ZeroMQ's."""
    return url.startswith(("tcp://", "ipc://"))


async def open_link(url: str, *, text: bool, server_key: str | None) -> Link:
    """Open a connection; raises LinkError. `server_key` is CURVE's, if the sidecar has one."""
    if is_zeromq(url):
        from bridge.client.zeromq import ZeroMqLink

        return await ZeroMqLink.open(url, server_key)
    from bridge.client.websocket import WebSocketLink

    return await WebSocketLink.open(url, text=text)
