"""ZeroMQ: a DEALER's message of one part is a frame; the routing id tells whose."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.connection import Connection
from bridge.jobs.sessions import Sessions
from bridge.protocol import ServerGoodbye
from bridge.transports.reading import LONG, receive
from bridge.transports.router import Heard, Router
from bridge.wire.frames import MsgpackCodec

CLOSE_SECONDS = 2.0
"""How long a client may take to read the last words."""

MAX_CLIENTS = 1024

SENT = 128
SENT_BYTES = 1 << 18
"""So much is on its way to a client at once: more than is read at once, so answers keep up."""

CODEC = MsgpackCodec()
PARTS = HearsayError(ErrorCode.INVALID_REQUEST, "A ZeroMQ message must have one part; use a DEALER")


class ZeroMqServer:
    """
    Listens on endpoints; must be made while the event loop runs, and closed.

    `secret_key` makes it CURVE, for what leaves the machine; the token is in hello as ever.
    Raises zmq.ZMQError when an endpoint cannot be had.
    """

    def __init__(
        self,
        sessions: Sessions,
        endpoints: Iterable[str],
        *,
        token: str | None,
        secret_key: bytes | None = None,
    ) -> None:
        self._sessions = sessions
        self._token = token
        self._clients: dict[bytes, _Client] = {}
        self._reading: asyncio.Future[None] | None = None
        self._router = Router(endpoints, secret_key, self._heard)

    @property
    def endpoints(self) -> list[str]:
        """Where it listens, with ports that were drawn."""
        return self._router.endpoints

    def close(self) -> None:
        """Stop listening; sessions stay."""
        if self._reading:
            self._reading.cancel()
        for client in list(self._clients.values()):
            client.leave()
        self._router.close()

    def _heard(self, messages: Heard) -> None:
        if any(len(part) > LONG for _, parts in messages for part in parts):
            self._reading = asyncio.ensure_future(self._read_beside(messages))
            return
        for who, parts in messages:
            if connection := self._hearer(who, parts):
                connection.receive_data(parts[0])
        self._router.go_on()

    async def _read_beside(self, messages: Heard) -> None:
        """The same where one of them is long; the next ones wait, what is sent does not."""
        for who, parts in messages:
            if connection := self._hearer(who, parts):
                await receive(connection, parts[0])
        self._router.go_on()

    def _hearer(self, who: bytes, parts: list[bytes]) -> Connection | None:
        """Return the connection that a message is for, if it is one."""
        client = self._clients.get(who) or self._welcome(who)
        if client and len(parts) != 1:
            client.connection.refuse(PARTS)
            return None
        return client.connection if client else None

    def _welcome(self, who: bytes) -> _Client | None:
        if who[:1] != b"\0":
            # Under a name of its own, one that came back looks like one that never left.
            self._refuse(who, ErrorCode.INVALID_REQUEST, "Leave the routing id to ZeroMQ")
            return None
        if len(self._clients) >= MAX_CLIENTS:
            self._refuse(who, ErrorCode.BUSY, f"{MAX_CLIENTS} clients are here; try again later")
            return None
        client = _Client(self._router, who, lambda: self._clients.pop(who, None))
        client.connection = Connection(self._sessions, CODEC, client.on_news, token=self._token)
        self._clients[who] = client
        return client

    def _refuse(self, who: bytes, code: ErrorCode, message: str) -> None:
        frame = CODEC.encode(ServerGoodbye(code=str(code), message=message))
        self._router.send(who, [frame], lambda _: None)


class _Client:
    """The connection of one routing id, and whether something is on its way there."""

    connection: Connection

    def __init__(self, router: Router, who: bytes, on_leave: Callable[[], object]) -> None:
        self._router = router
        self._who = who
        self._on_leave = on_leave
        self._looks = self._sends = self._left = False
        self._deadline: asyncio.TimerHandle | None = None

    def on_news(self) -> None:
        """Look what there is to send, later: whoever tells is in the middle of something."""
        loop = asyncio.get_running_loop()
        if not self._looks:
            self._looks = True
            loop.call_soon(self._look)
        if self.connection.closing and not self._deadline:
            self._deadline = loop.call_later(CLOSE_SECONDS, self.leave)

    def leave(self) -> None:
        """Forget the client; its session waits for it."""
        if self._left:
            return
        self._left = True
        if self._deadline:
            self._deadline.cancel()
        self._router.drop(self._who)
        self.connection.detach()
        self._on_leave()

    def _look(self) -> None:
        self._looks = False
        if self._left or self._sends:
            return
        if frames := list(self._due()):
            self._sends = True
            self._router.send(self._who, frames, self._sent)
        elif self.connection.closing:
            self.leave()

    def _due(self) -> Iterator[bytes]:
        size = 0
        for frame in islice(self.connection.data_to_send(), SENT):
            yield frame
            size += len(frame)
            if size >= SENT_BYTES:
                return

    def _sent(self, there: bool) -> None:
        self._sends = False
        if there:
            self._look()
        else:
            self.leave()
