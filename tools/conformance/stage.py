"""What a scenario has at hand, and the list of all scenarios."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from tools.conformance.driver import Client, client
from tools.conformance.listen import scripted
from tools.conformance.proxy import Proxy, proxy
from tools.conformance.script import Script, Scripted
from tools.conformance.sidecar import MODEL, Sidecar, sidecar

PATIENCE = {
    "refused_seconds": 1.5,
    "greeting_seconds": 1.0,
    "retry_seconds": 0.05,
    "ping_seconds": 0.3,
}
"""What `connect` is given: the defaults in a hurry, so that the suite is quick."""


class House:
    """What all scenarios of a run share: the command, the transport, and one real sidecar."""

    def __init__(self, command: str, transport: str, stack: AsyncExitStack) -> None:
        self.command = command
        self.transport = transport
        self._stack = stack
        self._sidecar: Sidecar | None = None

    async def sidecar(self) -> Sidecar:
        """Return the sidecar, which is started when the first scenario asks for it."""
        if self._sidecar is None:
            self._sidecar = await self._stack.enter_async_context(sidecar(self.transport))
        return self._sidecar


class Stage:
    """Makes what a scenario asks for, and ends it with the scenario."""

    def __init__(self, house: House, stack: AsyncExitStack) -> None:
        self.transport = house.transport
        self._house = house
        self._stack = stack

    async def client(self) -> Client:
        """Start a client."""
        return await self._stack.enter_async_context(client(self._house.command))

    async def sidecar(self) -> Sidecar:
        """Return a real sidecar, which other scenarios use too."""
        return await self._house.sidecar()

    async def own_sidecar(self) -> Sidecar:
        """Start a real sidecar that may be killed."""
        return await self._stack.enter_async_context(sidecar(self.transport))

    async def scripted(self, script: Script) -> Scripted:
        """Start a scripted sidecar."""
        return await self._stack.enter_async_context(scripted(script, self.transport))

    async def proxy(self, target: str, cuts: Iterable[int] = ()) -> Proxy:
        """Put a bad network before a sidecar."""
        return await self._stack.enter_async_context(proxy(target, cuts))

    async def connected(self, to: Sidecar | Scripted) -> Client:
        """Start a client and connect it."""
        one = await self.client()
        await one.do("connect", **to.address, patience=PATIENCE)
        await one.until("connected")
        return one


Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Scenario:
    """A scenario: its name, what it demands in a sentence, and how it is played."""

    name: str
    demand: str
    play: Play


SCENARIOS: list[Scenario] = []


def scenario(play: Play) -> Play:
    """Put a function among the scenarios; its docstring is what it demands."""
    demand = " ".join((play.__doc__ or "").split())
    SCENARIOS.append(Scenario(play.__name__, demand, play))
    return play


def request(**more: object) -> dict[str, object]:
    """Return a chat completion request."""
    return {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}], **more}


def endless(**more: object) -> dict[str, object]:
    """Return a request whose reply goes on until somebody ends it."""
    return request(ignore_eos=True, max_tokens=100_000, **more)
