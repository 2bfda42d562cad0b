"""A TCP proxy that behaves as a network at its worst: it cuts, freezes, and comes back."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

BLOCK = 1 << 14


class Proxy:
    """
    Stands between a client and a sidecar.

    `cuts` says for each coming connection after how many bytes, both ways together, it is cut;
    later ones last.
    """

    def __init__(self, target: str, cuts: Iterable[int] = ()) -> None:
        self._target = urlsplit(target)
        self._cuts = deque(cuts)
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._port = 0
        self.accepted = 0
        self._flows = asyncio.Event()
        self._flows.set()
        self._changed = asyncio.Event()

    @property
    def url(self) -> str:
        """The address to give to a client instead of the sidecar's."""
        return f"{self._target.scheme}://127.0.0.1:{self._port}"

    async def open(self) -> None:
        """Listen, on the port of last time if there was one."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and cut what there is."""
        if self._server:
            self._server.close()
            self.cut()
            await self._server.wait_closed()
            self._server = None
        await self.until(lambda: not self._connections)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Return when something holds that a connection brings about by coming or going."""
        while not condition():
            self._changed.clear()
            await self._changed.wait()

    def cut(self) -> None:
        """Cut every connection."""
        for connection in self._connections:
            connection.abort()

    def freeze(self) -> None:
        """Let nothing through, and nobody notice."""
        self._flows.clear()

    def thaw(self) -> None:
        """Let everything through again."""
        self._flows.set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        room = self._cuts.popleft() if self._cuts else None
        connection = _Connection(writer, room, self._flows)
        self._connections.add(connection)
        self._changed.set()
        try:
            await connection.run(reader, self._target.hostname or "", self._target.port or 0)
        finally:
            self._connections.discard(connection)
            self._changed.set()


class _Connection:
    def __init__(
        self, client: asyncio.StreamWriter, room: int | None, flows: asyncio.Event
    ) -> None:
        self._writers = [client]
        self._room = room
        self._flows = flows

    async def run(self, reader: asyncio.StreamReader, host: str, port: int) -> None:
        tasks: list[asyncio.Task[None]] = []
        try:
            answers, server = await asyncio.open_connection(host, port)
            self._writers.append(server)
            tasks = [
                asyncio.create_task(self._carry(reader, server)),
                asyncio.create_task(self._carry(answers, self._writers[0])),
            ]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass  # The sidecar is not there: the client sees its connection end.
        finally:
            for task in tasks:
                task.cancel()
            self.abort()
            for writer in self._writers:
                with suppress(OSError):
                    await writer.wait_closed()

    def abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(BLOCK):
                await self._flows.wait()
                if self._room is not None:
                    data = data[: self._room]
                    self._room -= len(data)
                writer.write(data)
                await writer.drain()
                if self._room == 0:
                    return


@asynccontextmanager
async def proxy(target: str, cuts: Iterable[int] = ()) -> AsyncIterator[Proxy]:
    """Run a proxy to an address."""
    one = Proxy(target, cuts)
    await one.open()
    try:
        yield one
    finally:
        await one.close()
