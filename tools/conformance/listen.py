"""The sockets of a scripted sidecar."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import zmq
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tools.conformance.script import Script, Scripted

MSGPACK = Subprotocol("hearsay.v1.msgpack")
POLL_MS = 2
BIND_TRIES = 500

_Socket = zmq.Socket[bytes]


def scripted(script: Script, transport: str) -> AbstractAsyncContextManager[Scripted]:
    """Run a script for every connection that comes, until the scenario is over."""
    return _zeromq(script) if transport == "zeromq" else _websocket(script)


class _WebSocketWire:
    def __init__(self, socket: ServerConnection) -> None:
        self.msgpack = socket.subprotocol == MSGPACK
        self._socket = socket

    async def send(self, frame: bytes) -> None:
        with suppress(ConnectionClosed):
            await self._socket.send(frame, text=not self.msgpack)

    async def receive(self) -> bytes | None:
        try:
            return await self._socket.recv(decode=False)
        except ConnectionClosed:
            return None

    async def close(self) -> None:
        await self._socket.close()


@asynccontextmanager
async def _websocket(script: Script) -> AsyncIterator[Scripted]:
    one = Scripted("")

    async def talk(socket: ServerConnection) -> None:
        await one.run(script, _WebSocketWire(socket))

    async with serve(
        talk,
        "127.0.0.1",
        0,
        subprotocols=[MSGPACK],
        select_subprotocol=lambda _, offered: MSGPACK if MSGPACK in offered else None,
        compression=None,
        ping_interval=None,
        close_timeout=0.5,
        max_size=None,
    ) as server:
        one.url = f"http://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"
        yield one


class _ZeroMqWire:
    msgpack = True

    def __init__(self, router: _Router, who: bytes) -> None:
        self.incoming: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.gone = False
        self._router = router
        self._who = who

    async def send(self, frame: bytes) -> None:
        self._router.orders.put((self._who, frame))

    async def receive(self) -> bytes | None:
        return await self.incoming.get()

    async def close(self) -> None:
        if not self.gone:
            self.gone = True
            self._router.orders.put((self._who, None))


class _Router:
    """
    A ROUTER in a thread.

    It cannot close one client's connection, so it closes its socket and opens it again: a
    scenario has one client, and that one sees its connection end.
    """

    def __init__(self, script: Script, one: Scripted) -> None:
        self.orders: queue.SimpleQueue[tuple[bytes, bytes | None]] = queue.SimpleQueue()
        self.opened = asyncio.Event()
        self._script = script
        self._one = one
        self._loop = asyncio.get_running_loop()
        self._wires: dict[bytes, _ZeroMqWire] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._context: zmq.Context[_Socket] = zmq.Context()
        self._ended = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    async def close(self) -> None:
        self._ended.set()
        await asyncio.to_thread(self.thread.join)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _heard(self, who: bytes, frame: bytes) -> None:
        if who not in self._wires:
            wire = self._wires[who] = _ZeroMqWire(self, who)
            task = asyncio.create_task(self._one.run(self._script, wire))
            self._tasks.add(task)
        self._wires[who].incoming.put_nowait(frame)

    def _left(self, count: int | None) -> None:
        # Connections end in the order in which they came: a client has one at a time.
        for wire in [each for each in self._wires.values() if not each.gone][:count]:
            wire.gone = True
            wire.incoming.put_nowait(None)

    def _listening(self, url: str) -> None:
        self._one.url = url
        self.opened.set()

    # From here on: the thread.

    def _run(self) -> None:
        endpoint = "tcp://127.0.0.1:*"
        while not self._ended.is_set():
            socket = self._context.socket(zmq.ROUTER)
            socket.linger = 500
            monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
            endpoint = self._bind(socket, endpoint)
            self._loop.call_soon_threadsafe(self._listening, endpoint)
            self._serve(socket, monitor)
            socket.disable_monitor()
            monitor.close(0)
            socket.unbind(endpoint)
            socket.close()
            self._loop.call_soon_threadsafe(self._left, None)
        self._context.term()

    def _bind(self, socket: _Socket, endpoint: str) -> str:
        for _ in range(BIND_TRIES):  # The last socket lets go of the port a little later.
            with suppress(zmq.ZMQError):
                socket.bind(endpoint)
                return socket.getsockopt_string(zmq.LAST_ENDPOINT)
            self._ended.wait(0.01)
        raise RuntimeError(f"{endpoint} cannot be bound again")

    def _serve(self, socket: _Socket, monitor: _Socket) -> None:
        while not self._ended.is_set():
            while socket.poll(POLL_MS):
                who, frame = socket.recv_multipart()
                self._loop.call_soon_threadsafe(self._heard, who, frame)
            if monitor.poll(0):
                monitor.recv_multipart()
                self._loop.call_soon_threadsafe(self._left, 1)
            while not self.orders.empty():
                who, order = self.orders.get()
                if order is None:
                    return
                socket.send_multipart([who, order])


@asynccontextmanager
async def _zeromq(script: Script) -> AsyncIterator[Scripted]:
    one = Scripted("")
    router = _Router(script, one)
    router.thread.start()
    await router.opened.wait()
    try:
        yield one
    finally:
        await router.close()
