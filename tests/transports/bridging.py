"""A sidecar that speaks our own protocol over WebSocket, and a client of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import msgpack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bridge.jobs.service import Service
from bridge.jobs.sessions import Sessions
from bridge.transports.http import create_app
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.serving import MODEL, serving

TOKEN = "secret"
REQUEST = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], "stream": True}


class Sidecar:
    """A server, what is behind it, and clients of it."""

    def __init__(self, url: str, sessions: Sessions, stack: AsyncExitStack) -> None:
        self.url = url.replace("http", "ws") + "/v1/bridge"
        self.port = int(url.rpartition(":")[2])
        self.sessions = sessions
        self._stack = stack

    async def connect(self, **options: Any) -> Client:
        """Open a connection; says nothing yet."""
        options = {"compression": None, "proxy": None, **options}
        socket = await self._stack.enter_async_context(connect(self.url, **options))
        return Client(socket)

    async def greet(self, **hello: object) -> Client:
        """Open a connection and a session."""
        client = await self.connect()
        await client.hello(**hello)
        return client

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # Sessions tell nobody of what they are.


class Client:
    """A client of JSON, or of msgpack if that was agreed on."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.session = ""

    async def say(self, tag: str, **fields: object) -> None:
        document = {"type": tag, **fields}
        packed = self.socket.subprotocol == "hearsay.v1.msgpack"
        await self.socket.send(msgpack.packb(document) if packed else json.dumps(document))

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(10):
            frame = await self.socket.recv()
        return dict(msgpack.unpackb(frame) if isinstance(frame, bytes) else json.loads(frame))

    async def hello(self, **fields: object) -> dict[str, Any]:
        await self.say("hello", protocol=1, token=TOKEN, **fields)
        welcome = await self.hear()
        self.session = welcome.get("session", "")
        return welcome

    async def submit(self, job: str = "j", **order: object) -> None:
        await self.say("submit_chat", job=job, request=REQUEST, **order)

    async def reply(self) -> tuple[str, dict[str, Any]]:
        """Return a job's streamed text and its last message."""
        text = ""
        while True:
            message = await self.hear()
            if message["type"] == "job_chunk":
                text += message["text"]
                assert message["offset"] == len(text)
            elif message["type"] in {"job_done", "job_failed"}:
                return text, message

    async def end(self) -> tuple[list[str], int | None]:
        """Return the tags of what comes until the connection is closed, and the close code."""
        heard = []
        with contextlib.suppress(ConnectionClosed):
            while True:
                heard.append((await self.hear())["type"])
        return heard, self.socket.close_code


@asynccontextmanager
async def sidecar_of(host: ScriptedHost) -> AsyncIterator[Sidecar]:
    service = Service({MODEL: host})
    sessions = Sessions(service)
    app = create_app(service, token=TOKEN, sessions=sessions)
    async with serving(app) as url, AsyncExitStack() as stack:
        yield Sidecar(url, sessions, stack)
