"""One request for a chat completion, from its body to the last byte of its answer."""

from __future__ import annotations

import asyncio
import logging
import time

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope, Send

from bridge.jobs.peer import Peer
from bridge.jobs.service import Service
from bridge.transports.reading import LONG
from bridge.wire.openai import ChatCompletion, Head

MAX_BODY = 4 << 20
"""Bytes of the largest body."""

BODY_SECONDS = 30.0
"""How long a body may take to arrive."""

PING_SECONDS = 10.0
"""After this long without news, an open stream gets a comment, so that nobody thinks it dead."""

PING = b": ping\n\n"

_log = logging.getLogger(__name__)


class ChatCompletions:
    """The route of POST /v1/chat/completions."""

    def __init__(self, service: Service, ping_seconds: float) -> None:
        self._service = service
        self._ping_seconds = ping_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = await read_body(scope, receive)
        if body is not None:
            relay = Relay(self._service, self._ping_seconds)
            await relay.read(body)
            await relay.run(receive, send)


class Relay:
    """Carries one answer to its client; a client that leaves takes its job along."""

    def __init__(self, service: Service, ping_seconds: float) -> None:
        self._ping_seconds = ping_seconds
        self._news = asyncio.Event()
        self._gone = False
        self._open = False
        self._dialect = ChatCompletion(int(time.time()))
        self._peer = Peer(service, self._dialect, self._news.set)

    async def read(self, body: bytes) -> None:
        """Take in the request; a long one beside the loop, so that no stream waits for it."""
        if len(body) <= LONG:
            self._peer.receive_data(body)
        else:
            self._peer.take(await asyncio.to_thread(self._dialect.receive_data, body))
        self._news.set()
        if self._dialect.warning:
            _log.warning("a request was let pass with %s", self._dialect.warning)

    async def run(self, receive: Receive, send: Send) -> None:
        """Send the answer as it comes, whole or in events."""
        watch = asyncio.create_task(self._watch(receive))
        try:
            while await self._tell(send):
                pass
        finally:  # The end, or a server that is being stopped.
            watch.cancel()
            self._peer.detach()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._gone = True
        self._peer.detach()
        self._news.set()

    async def _tell(self, send: Send) -> bool:
        """Send what is new; return whether there is more to come."""
        has_news = await self._wait()
        if self._gone:
            return False
        if data := b"".join(self._peer.data_to_send()) if has_news else PING:
            await self._send(send, data)
        return not self._peer.idle

    async def _wait(self) -> bool:
        """Return whether there is news; an open stream is not left waiting without end."""
        try:
            async with asyncio.timeout(self._ping_seconds if self._open else None):
                await self._news.wait()
        except TimeoutError:
            return False
        self._news.clear()
        return True

    async def _send(self, send: Send, data: bytes) -> None:
        last = self._peer.idle
        if not self._open:
            self._open = True
            await send(self._start(len(data) if last else None))
        await send({"type": "http.response.body", "body": data, "more_body": not last})

    def _start(self, size: int | None) -> Message:
        # No size, no content-length: chunks let a client see that a stream was cut off.
        status, headers = self._dialect.head or Head(200, {})
        sized = headers if size is None else {**headers, "content-length": str(size)}
        raw = [(name.encode(), value.encode()) for name, value in sized.items()]
        return {"type": "http.response.start", "status": status, "headers": raw}


async def read_body(scope: Scope, receive: Receive) -> bytes | None:
    """Return a request's body, None if the client left; raises 413 and 408."""
    if int(Headers(scope=scope).get("content-length", "0")) > MAX_BODY:
        raise _too_large()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await _read_body(receive)
    except TimeoutError:
        raise HTTPException(408, "The body took too long to arrive") from None


async def _read_body(receive: Receive) -> bytes | None:
    body = bytearray()
    while (message := await receive())["type"] == "http.request":
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise _too_large()
        if not message.get("more_body", False):
            return bytes(body)
    return None


def _too_large() -> HTTPException:
    return HTTPException(413, f"The body is larger than {MAX_BODY} bytes")
