"""uvicorn's WebSocket side, held to the limits of our protocol."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

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

    def send_receive_event_to_app(self) -> None:
        """Pass a message on; text that is none breaks the connection, and is no news for a log."""
        if self.curr_msg_data_type == "text" and not _is_text(b"".join(self.frames)):
            self.frames = []
            self.conn.send_close(1007)
            self.handle_parser_exception()
        else:
            super().send_receive_event_to_app()

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


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
