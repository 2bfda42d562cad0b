"""uvicorn's HTTP side, held to limits that it does not have itself."""

from __future__ import annotations

import asyncio

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bridge.wire.http_errors import refusal_body

MAX_HEAD = 16 << 10
"""Bytes of a request's first line and headers."""

HEAD_SECONDS = 10.0
"""How long they may take to arrive, from their first byte on."""

MAX_UNHEARD = 128 << 20
"""Bytes that are read of bodies nobody wants, so that who sends them hears why."""

MAX_CONNECTIONS = 2048
"""Open connections, WebSockets included; every one costs a file descriptor."""

RETRY = {503: b"retry-after: 1\r\n"}


class Http(HttpToolsProtocol):
    """
    HTTP that a client can neither stretch without end nor read in two ways.

    As it comes, uvicorn reads headers of any size for any time, loses the body of a request that
    offers HTTP/2 (Java's client does), and logs every line of noise. What cannot be read is
    answered in OpenAI's form; where an answer has begun already, the connection just ends.
    """

    _head_size = 0
    _head_done = False
    _head_timer: asyncio.TimerHandle | None = None
    _foreign_upgrade = False
    _unheard = 0
    _refusal: tuple[int, str] | None = None

    def data_received(self, data: bytes) -> None:
        """Read what has come, unless it is too much."""
        if self._refusal:
            return
        self._unset_keepalive_if_required()
        if not self._head_done:
            self._head_size += len(data)
            self._head_timer = self._head_timer or self.loop.call_later(HEAD_SECONDS, self._late)
        self._feed(data)
        if not self._head_done and self._head_size > MAX_HEAD and not self._refusal:
            self._refuse(431, f"The headers are larger than {MAX_HEAD} bytes")

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Greet a client, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            self._refuse(503, "Too many connections are open; try again later")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        self._stop_timer()
        super().connection_lost(exc)

    def on_headers_complete(self) -> None:
        """Begin to answer; raises, as the parser expects, when there is nothing to answer."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > MAX_HEAD:
            self._refusal = 431, f"The headers are larger than {MAX_HEAD} bytes"
            raise ValueError(self._refusal[1])
        if not self.url.startswith((b"/", b"*")):  # The other forms are for proxies.
            raise ValueError("no path")
        self._foreign_upgrade = self.parser.should_upgrade() and not self._should_upgrade()
        if not self._foreign_upgrade:
            self._stop_timer()
            self._head_done, self._head_size = True, 0
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of the body; of one that was answered already, only so much more."""
        super().on_body(body)
        if self.cycle.response_complete:
            self._unheard += len(body)
            if self._unheard > MAX_UNHEARD:
                self.transport.close()

    def on_message_complete(self) -> None:
        """End a request: what follows is the next one's head."""
        if not self._foreign_upgrade:
            super().on_message_complete()
            self._head_done = False

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            if self._foreign_upgrade:
                self._read_as_it_is(data[upgrade.args[0] :])
            else:
                self._stop_timer()
                self.handle_websocket_upgrade()
        except httptools.HttpParserError:
            self._refuse(*(self._refusal or (400, "This is not a request that can be read")))

    def _read_as_it_is(self, rest: bytes) -> None:
        """Read a request again without its offer of another protocol, which may be ignored."""
        lines = [self.parser.get_method() + b" " + self.url + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in self.headers if name != b"upgrade"]
        self.parser = httptools.HttpRequestParser(self)
        self._feed(b"\r\n".join(lines) + b"\r\n\r\n" + rest)

    def _late(self) -> None:
        self._refuse(408, "The headers took too long to arrive")

    def _refuse(self, status: int, message: str) -> None:
        self._stop_timer()
        self._refusal = status, message
        # Typed as always there, but a connection's first request is yet to come.
        open_cycle = self.cycle and not self.cycle.response_complete  # type: ignore[truthy-bool]
        if open_cycle:
            self.cycle.disconnected = True  # Whoever works on it is told so.
            self.cycle.message_event.set()
        if not (open_cycle and self.cycle.response_started):
            body = refusal_body(message)
            self.transport.write(
                STATUS_LINE[status]
                + RETRY.get(status, b"")
                + b"content-type: application/json\r\nconnection: close\r\ncontent-length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )
        self.transport.close()

    def _stop_timer(self) -> None:
        if self._head_timer:
            self._head_timer.cancel()
            self._head_timer = None
