"""A WebSocket to a sidecar: one WebSocket message is one frame."""

from __future__ import annotations

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Subprotocol

from bridge.client.links import MSGPACK, LinkError
from bridge.protocol import MAX_FRAME_BYTES

CLOSE_SECONDS = 1.0
"""How long the other side may take to answer our goodbye."""


class WebSocketLink:
    """An open WebSocket."""

    def __init__(self, socket: ClientConnection, *, text: bool) -> None:
        self._socket = socket
        self._text = text

    @classmethod
    async def open(cls, url: str, *, text: bool) -> WebSocketLink:
        """Open one; raises LinkError."""
        try:
            socket = await connect(
                url,
                subprotocols=None if text else [Subprotocol(MSGPACK)],
                compression=None,  # Nothing is gained on the way from one process to another.
                proxy=None,
                open_timeout=None,  # The caller has a limit for all kinds of links.
                ping_interval=None,  # The protocol has pings of its own.
                close_timeout=CLOSE_SECONDS,
                max_size=MAX_FRAME_BYTES,
            )
        except (InvalidMessage, TimeoutError, ConnectionResetError, EOFError) as error:
            raise LinkError(f"the connection broke while it was opened: {error}") from error
        except (OSError, InvalidHandshake) as error:
            raise LinkError(f"no sidecar listens there: {error}", refused=True) from error
        if not text and socket.subprotocol != MSGPACK:
            await socket.close()
            raise LinkError("the sidecar does not speak msgpack there", refused=True)
        return cls(socket, text=text)

    async def send(self, frame: bytes) -> None:
        """Send a frame; raises LinkError."""
        try:
            await self._socket.send(frame, text=self._text)
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def receive(self) -> bytes:
        """Return the next frame; raises LinkError when there is none any more."""
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed as error:
            raise _closed(error) from error

    async def close(self) -> None:
        """Close; what was sent before still goes out."""
        await self._socket.close()

    def cut(self) -> None:
        """Let go of the connection without a word."""
        self._socket.transport.abort()


def _closed(error: ConnectionClosed) -> LinkError:
    said = error.rcvd or error.sent
    reason = said.reason or f"code {said.code}" if said else "without a word"
    return LinkError(f"the connection was closed, {reason}")
