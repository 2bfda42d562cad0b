"""uvicorn's WebSocket side, held to the limits of our protocol."""

from __future__ import annotations

from typing import TypedDict

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from bridge.protocol import IDLE_SECONDS, MAX_FRAME_BYTES

PING_SECONDS = 20.0
ABORT_SECONDS = 1.0
"""How long a connection that has ended may take to be closed in good order."""


class WebSocket(WebSocketsSansIOProtocol):
    """
    A WebSocket that a client cannot keep by doing nothing.

    As it comes, one that does not read keeps its connection open after the end, for what is
    unsent, and can let answers to its pings pile up.
    """

    def handle_ping(self) -> None:
        """Answer a ping, unless the answers to earlier ones lie unread."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_parser_exception(self) -> None:
        """Close on a broken frame."""
        super().handle_parser_exception()
        self._end_soon()

    def keepalive_timeout(self) -> None:
        """Close when a ping was not answered."""
        super().keepalive_timeout()
        self._end_soon()

    def shutdown(self) -> None:
        """Close because the server does."""
        super().shutdown()
        self._end_soon()

    async def run_asgi(self) -> None:
        """Run the application, then close."""
        await super().run_asgi()
        self._end_soon()

    def _end_soon(self) -> None:
        self.disconnected = True  # What is still sent is told so.
        self.loop.call_later(ABORT_SECONDS, self.transport.abort)


class Options(TypedDict):
    """What a `uvicorn.Config` is to be told."""

    ws: type[WebSocket]
    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: float
    ws_ping_timeout: float


WEBSOCKET_OPTIONS = Options(
    ws=WebSocket,
    ws_max_size=MAX_FRAME_BYTES,
    ws_per_message_deflate=False,  # On one machine it costs time, and a bomb is a small frame.
    ws_ping_interval=PING_SECONDS,
    ws_ping_timeout=IDLE_SECONDS - PING_SECONDS,
)
