"""Clients and a server of ZeroMQ; what they wait for is waited for in threads."""

from __future__ import annotations

import asyncio
from typing import Any, Self

import msgpack
import zmq

from bridge.jobs.service import Service
from bridge.jobs.sessions import Sessions
from bridge.transports.zeromq import ZeroMqServer
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.bridging import REQUEST, TOKEN
from tests.transports.serving import MODEL

PATIENCE_MS = 10_000


class Sidecar:
    """A server and what is behind it."""

    def __init__(
        self, host: ScriptedHost, endpoint: str = "tcp://127.0.0.1:*", **more: Any
    ) -> None:
        self.host = host
        self.sessions = Sessions(Service({MODEL: host}))
        self.server = ZeroMqServer(self.sessions, [endpoint], token=TOKEN, **more)
        self.clients: list[Client] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self.clients:
            client.close()
        self.server.close()

    def connect(self, **options: Any) -> Client:
        client = Client(self.server.endpoints[0], **options)
        self.clients.append(client)
        return client

    async def greet(self, **hello: object) -> Client:
        client = self.connect()
        assert (await client.hello(**hello))["type"] == "welcome"
        return client

    async def until_connected(self, number: int) -> None:
        async with asyncio.timeout(10):
            while len(self.sessions.connections) != number:  # noqa: ASYNC110
                await asyncio.sleep(0.01)  # Sessions tell nobody of what they are.


class Client:
    """A DEALER whose waiting is done in threads, as every event loop can."""

    def __init__(self, endpoint: str, **options: Any) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self.socket = self._context.socket(zmq.DEALER)
        self.socket.linger = 0
        for name, value in options.items():
            setattr(self.socket, name, value)
        self.socket.connect(endpoint)
        self.session = ""

    def close(self) -> None:
        self._context.destroy(0)

    async def send(self, *parts: bytes) -> None:
        await asyncio.to_thread(self.socket.send_multipart, parts)

    async def say(self, tag: str, **fields: object) -> None:
        await self.send(msgpack.packb({"type": tag, **fields}))

    async def hear(self) -> dict[str, Any]:
        assert await asyncio.to_thread(self.socket.poll, PATIENCE_MS), "nothing came"
        [frame] = self.socket.recv_multipart()
        return dict(msgpack.unpackb(frame))

    async def hello(self, **fields: object) -> dict[str, Any]:
        await self.say("hello", **{"protocol": 1, "token": TOKEN, **fields})
        welcome = await self.hear()
        self.session = welcome.get("session", "")
        return welcome

    async def submit(self, job: str = "j", **order: object) -> None:
        await self.say("submit_chat", job=job, request=REQUEST, **order)

    async def reply(self) -> tuple[str, dict[str, Any]]:
        text = ""
        while True:
            message = await self.hear()
            if message["type"] == "job_chunk":
                text += message["text"]
                assert message["offset"] == len(text)
            elif message["type"] in {"job_done", "job_failed"}:
                return text, message
