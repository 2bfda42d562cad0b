"""The conformance suite, most of it at once, and scenarios that only the engines' clients play."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from tools.conformance.__main__ import play
from tools.conformance.driver import require
from tools.conformance.script import Line
from tools.conformance.stage import House, Scenario, Stage, request

AT_ONCE = 4
"""Clients mostly wait: for pings, for time limits, for one another."""

HURRIED = ("goodbye", "killed", "nobody_there", "wrong_token")
"""Scenarios that count seconds, or all sessions: they play alone."""


async def play_all(scenarios: list[Scenario], client: str) -> dict[str, str]:
    """Play scenarios, most of them at once; return what went wrong in each."""
    gate = asyncio.Semaphore(AT_ONCE)
    async with AsyncExitStack() as stack:
        house = House(client, "websocket", stack)
        await house.sidecar()

        async def fault(scenario: Scenario) -> str | None:
            async with gate:
                return await play(scenario, house)

        together = [each for each in scenarios if each.name not in HURRIED]
        alone = [each for each in scenarios if each.name in HURRIED]
        found = list(await asyncio.gather(*map(fault, together)))
        found += [await play(each, house) for each in alone]
    names = [each.name for each in [*together, *alone]]
    return {name: said for name, said in zip(names, found, strict=True) if said}


async def older_sidecar(stage: Stage) -> None:
    """A sidecar that does not speak this version says so once, and is not asked again."""

    async def script(line: Line) -> None:
        await line.expect("hello")
        await line.say("goodbye", code="protocol_mismatch", message="Only version 0 is spoken")
        await line.left()

    sidecar = await stage.scripted(script)
    client = await stage.client()
    await client.do("connect", **sidecar.address)
    event = await client.until("error")
    require(event["code"] == "protocol_mismatch", f"it was told otherwise: {event}")
    await client.do("stream", job="a", request=request())
    require((await client.last("a"))["code"] == "protocol_mismatch", "the job waits")
    require(len(sidecar.lines) == 1, "it was tried again")


async def newer_sidecar(stage: Stage) -> None:
    """Words, features and fields that only a newer sidecar knows do no harm."""

    async def script(line: Line) -> None:
        model = {"id": "m", "state": "hibernating", "dreams": ["sheep"]}
        await line.welcome(features=["telepathy"], models=[model], mood="fine")
        await line.expect("submit_chat")
        await line.say("model_changed", model={**model, "state": "yawning"})
        await line.chunk("a", "Hi", 2, colour="red")
        await line.done("a", "Hi", "bored")
        await line.left()

    sidecar = await stage.scripted(script)
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=request())
    require((await client.last("a")).get("reasons") == ["bored"], f"{client.tail()}")
    require(len(sidecar.lines) == 1, "it hung up on them")


async def long_messages(stage: Stage) -> None:
    """Messages far beyond 64 KiB arrive whole, in both directions."""
    text = "".join(chr(0x4E00 + number % 20_000) for number in range(150_000))
    prompts: list[str] = []

    async def script(line: Line) -> None:
        await line.welcome()
        order = await line.expect("submit_chat")
        prompts.append(order["request"]["messages"][0]["content"])
        await line.chunk("a", text, len(text))
        await line.done("a", text[:10])
        await line.left()

    sidecar = await stage.scripted(script)
    client = await stage.connected(sidecar)
    messages = [{"role": "user", "content": text}]
    await client.do("stream", job="a", request={**request(), "messages": messages})
    await client.last("a")
    require(prompts == [text], "what was sent did not arrive whole")
    require(client.text("a") == text, "what was told did not arrive whole")


OWN = [Scenario(play.__name__, "", play) for play in (older_sidecar, newer_sidecar, long_messages)]
