"""WebSocket: one frame is one message; the session outlives the connection."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

from starlette.types import Receive, Scope, Send

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.connection import BYE, IDLE, Connection
from bridge.jobs.sessions import Sessions
from bridge.transports.reading import receive
from bridge.wire.frames import Codec, JsonCodec, MsgpackCodec

CODECS: Mapping[str, Callable[[], Codec]] = {
    "hearsay.v1.json": JsonCodec,
    "hearsay.v1.msgpack": MsgpackCodec,
}
"""The subprotocols; the first is spoken with clients that ask for none."""

CLOSE_CODES = {
    BYE: 1000,
    IDLE: 1001,
    ErrorCode.SHUTTING_DOWN: 1001,
    ErrorCode.TOO_LARGE: 1009,
    ErrorCode.INTERNAL: 1011,
    ErrorCode.BUSY: 1013,
}
"""What a goodbye's code is in WebSocket's numbers; the others are 1008."""

CLOSE_SECONDS = 2.0
"""How long a client may take to read the last words."""

_log = logging.getLogger(__name__)


class BridgeRoute:
    """The route of our own protocol: `/v1/bridge`."""

    def __init__(self, sessions: Sessions, token: str | None) -> None:
        self._sessions = sessions
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Carry frames both ways until either side leaves."""
        known = [name for name in scope["subprotocols"] if name in CODECS]
        codec = CODECS[known[0] if known else next(iter(CODECS))]()
        await receive()
        await send({"type": "websocket.accept", "subprotocol": known[0] if known else None})
        relay = Relay(receive, send, text=codec.text)
        relay.connection = Connection(self._sessions, codec, relay.on_news, token=self._token)
        await relay.run()


class Relay:
    """Two tasks, one for each direction: a client that does not read is still heard."""

    connection: Connection

    def __init__(self, receive: Receive, send: Send, *, text: bool) -> None:
        self._receive = receive
        self._send = send
        self._text = text
        self._news = asyncio.Event()
        self._deadline: asyncio.TimerHandle | None = None

    def on_news(self) -> None:
        """Let the writer look; a connection that is to end does so soon, read or not."""
        self._news.set()
        if self.connection.closing and not self._deadline:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(CLOSE_SECONDS, self._writer.cancel)

    async def run(self) -> None:
        """Return when the client has left or was told to."""
        reader = asyncio.create_task(self._read())
        self._writer = asyncio.create_task(self._write())
        tasks = {reader, self._writer}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if _has_lost_its_client(self._writer):
                # What was received before is still read: a goodbye may be the last of it.
                done, _ = await asyncio.wait({reader})
        finally:  # A game that quits does not say goodbye.
            self.connection.detach()
            for task in tasks:
                task.cancel()
            if self._deadline:
                self._deadline.cancel()
        for task in done:
            error = None if task.cancelled() else task.exception()
            if error and not isinstance(error, OSError):  # Not merely a client that has left.
                _log.error("a connection broke", exc_info=error)

    async def _read(self) -> None:
        wrong = "JSON in text frames" if self._text else "msgpack in binary frames"
        refusal = HearsayError(ErrorCode.INVALID_REQUEST, f"This connection speaks {wrong}")
        while (message := await self._receive())["type"] == "websocket.receive":
            text, data = message.get("text"), message.get("bytes")
            if self._text and text is not None:
                await receive(self.connection, text.encode())
            elif not self._text and data is not None:
                await receive(self.connection, data)
            else:
                self.connection.refuse(refusal)
            await asyncio.sleep(0)  # After each, everybody else has a turn.

    async def _write(self) -> None:
        while not self.connection.closing:
            await self._news.wait()
            self._news.clear()
            for frame in self.connection.data_to_send():
                content = {"text": frame.decode()} if self._text else {"bytes": frame}
                await self._send({"type": "websocket.send", **content})
        reason = self.connection.closing
        code = CLOSE_CODES.get(reason, 1008)
        await self._send({"type": "websocket.close", "code": code, "reason": reason})


def _has_lost_its_client(writer: asyncio.Task[None]) -> bool:
    """Say whether a writer could send no more because its client has left."""
    return writer.done() and not writer.cancelled() and isinstance(writer.exception(), OSError)
