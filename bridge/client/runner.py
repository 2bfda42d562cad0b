"""Carries a core's frames over one connection after another."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from bridge.client.core import Core, State
from bridge.client.links import Link, LinkError, open_link

CLOSE_SECONDS = 2.0
"""How long the last frames and the end of a connection may take; then it is let go of."""

OPENING_SECONDS = 0.1
"""How often to look what is due while a connection is being opened."""


class Runner:
    """
    The one task of a client.

    `wake` is to be called after every call of the core that came from elsewhere.
    """

    def __init__(
        self, core: Core, url: str, *, text: bool, open_seconds: float, server_key: str | None
    ) -> None:
        self._core = core
        self._url = url
        self._text = text
        self._open_seconds = open_seconds
        self._server_key = server_key
        self._woken = asyncio.Event()
        self._unsent = asyncio.Event()
        self._changed = asyncio.Event()
        self._link: Link | None = None

    def wake(self) -> None:
        """Look at the core again."""
        self._woken.set()
        self._unsent.set()

    def drop(self) -> None:
        """Cut the connection, as a broken network does; the next one resumes the session."""
        if self._link:
            self._link.cut()

    async def settled(self) -> None:
        """Return when the core is live, or has given up."""
        while self._core.state is not State.LIVE and not self._core.lost:
            self._changed.clear()
            await self._changed.wait()

    async def run(self) -> None:
        """Connect, speak, and connect again, until the core is over."""
        while self._core.state is not State.OVER:
            if self._core.wait:
                await self._turn()
            else:
                await self._connection()
        self._changed.set()

    async def _turn(self, *, least: float = 0.0) -> None:
        """
        Wait until something happens or is due, and let the core see to it.

        It may be due and be under way already: then `least` is so long to wait.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(min(max(self._core.wait, least), 3600)):
                await self._woken.wait()
        self._woken.clear()
        self._core.tick()
        if self._core.has_data:
            self._unsent.set()
        self._changed.set()

    async def _connection(self) -> None:
        try:
            link = await self._open()
        except LinkError as error:
            self._core.disconnected(str(error), refused=error.refused)
            self._changed.set()
            return
        self._link = link
        try:
            reason = await self._speak(link)
        finally:
            self._link = None
            await self._close(link)
        self._core.disconnected(reason)
        self._changed.set()

    async def _open(self) -> Link:
        opening = asyncio.create_task(self._attempt())
        opening.add_done_callback(lambda _: self._woken.set())
        try:
            while not opening.done() and self._core.state is not State.OVER:
                await self._turn(least=OPENING_SECONDS)
            if not opening.done():
                raise LinkError("this client was closed")
            return opening.result()
        finally:
            await _stop(opening)

    async def _attempt(self) -> Link:
        try:
            async with asyncio.timeout(self._open_seconds):
                return await open_link(self._url, text=self._text, server_key=self._server_key)
        except TimeoutError:
            raise LinkError("no connection could be made in time") from None

    async def _speak(self, link: Link) -> str:
        self._core.connected()
        self._unsent.set()
        tasks = [asyncio.create_task(self._read(link)), asyncio.create_task(self._write(link))]
        for task in tasks:
            task.add_done_callback(lambda _: self._woken.set())
        try:
            while self._core.hanging_up is None:
                if ended := next((task for task in tasks if task.done()), None):
                    return ended.result()
                await self._turn()
            return self._core.hanging_up
        finally:
            for task in tasks:
                await _stop(task)

    async def _read(self, link: Link) -> str:
        while True:
            try:
                frame = await link.receive()
            except LinkError as error:
                return str(error)
            state = self._core.state
            self._core.receive(frame)
            if self._core.has_data:
                self._unsent.set()
            if self._core.hanging_up is not None or self._core.state is not state:
                self._woken.set()

    async def _write(self, link: Link) -> str:
        while True:
            await self._unsent.wait()
            self._unsent.clear()
            try:
                for frame in self._core.data_to_send():
                    await link.send(frame)
            except LinkError as error:
                return str(error)

    async def _close(self, link: Link) -> None:
        with suppress(LinkError, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                for frame in self._core.data_to_send():  # A goodbye, if anything.
                    await link.send(frame)
                if self._core.state is State.OVER:
                    # Who closes a socket that has unread data resets it, and what was sent last
                    # may be lost with it: the session would go on without anybody.
                    while self._core.parting:
                        self._core.receive(await link.receive())
                    await link.close()
        link.cut()  # A connection that was not closed in order is of no use to anybody.


async def _stop(task: asyncio.Task[Link] | asyncio.Task[str]) -> None:
    task.cancel()
    await asyncio.wait([task])
