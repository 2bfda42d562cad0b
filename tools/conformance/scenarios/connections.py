"""How a client connects, keeps a connection alive, and finds back."""

from __future__ import annotations

import asyncio

from tools.conformance.driver import require
from tools.conformance.scenarios.scripts import played
from tools.conformance.script import Line
from tools.conformance.stage import Stage, request, scenario


@scenario
async def lost_submit(stage: Stage) -> None:
    """A submit that went down with its connection is sent again; the job is done once."""

    async def script(line: Line) -> None:
        await line.welcome(lost=["a"] if line.number else [])
        await line.expect("submit_chat")
        if line.number == 0:
            await line.close()
            return
        await line.chunk("a", "Hi", 2)
        await line.done("a", "Hi")
        await line.left()

    client, _ = await played(stage, script)
    require(client.text("a") == "Hi", f"it read {client.text('a')!r}")


@scenario
async def lost_job(stage: Stage) -> None:
    """A job that was heard of and that the sidecar does not know any more fails, once."""

    async def script(line: Line) -> None:
        await line.welcome(lost=["a"] if line.number else [])
        if line.number == 0:
            await line.expect("submit_chat")
            await line.chunk("a", "Hi", 2)
            await line.next_ping()
            await line.close()
        await line.left()

    client, _ = await played(stage, script)
    require(client.lasts("a")[0].get("code") == "connection_lost", f"{client.lasts('a')}")


@scenario
async def unknown_session(stage: Stage) -> None:
    """A session that is gone fails its jobs once; the next ones have a new session."""

    async def script(line: Line) -> None:
        if line.number == 1:
            require((await line.expect("hello")).get("resume"), "it did not resume")
            await line.say("goodbye", code="unknown_session", message="The session is gone")
            await line.left()
            return
        hello = await line.welcome()
        require(hello.get("resume") is None, "it resumes a session that is gone")
        job = (await line.expect("submit_chat"))["job"]
        if line.number == 0:
            await line.close()
            return
        await line.done(job, "")
        await line.left()

    sidecar = await stage.scripted(script)
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=request())
    require((await client.last("a")).get("code") == "connection_lost", "a did not fail")
    await client.do("stream", job="b", request=request())
    require((await client.last("b"))["saw"] == "done", "b did not get its reply")
    for job in ("a", "b"):
        client.require_one_end(job)
    require(not sidecar.faults, f"{sidecar.faults}")


@scenario
async def no_welcome(stage: Stage) -> None:
    """A connection on which nobody says welcome is given up, and tried again."""

    async def script(line: Line) -> None:
        if line.number == 1:
            await line.expect("hello")
            require(await line.next() is None, "it went on without a welcome")
            return
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await line.next_ping()
            await line.close()
            return
        await line.done("a", "")
        await line.left()

    await played(stage, script)


@scenario
async def keep_alive(stage: Stage) -> None:
    """A client with nothing to say pings, and takes any answer as a sign of life."""
    pinged = asyncio.Event()

    async def script(line: Line) -> None:
        await line.welcome()
        for _ in range(4):
            await line.next_ping()
        pinged.set()
        await line.left()

    sidecar = await stage.scripted(script)
    await stage.connected(sidecar)
    async with asyncio.timeout(10):
        await pinged.wait()
    require(len(sidecar.lines) == 1, "it hung up although its pings were answered")


@scenario
async def silence(stage: Stage) -> None:
    """After three pings without an answer the connection is dead, and the job goes on elsewhere."""

    async def script(line: Line) -> None:
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await line.chunk("a", "Once ", 5)
            pings = await line.silent()
            require(pings >= 3, f"it hung up after {pings} pings")
            return
        await line.chunk("a", "upon", 9)
        await line.done("a", "Once upon")
        await line.left()

    client, _ = await played(stage, script)
    require(client.text("a") == "Once upon", f"it read {client.text('a')!r}")


@scenario
async def sidecar_leaves(stage: Stage) -> None:
    """A goodbye of a sidecar that leaves is no end: whoever listens there next is asked."""

    async def script(line: Line) -> None:
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await line.say("goodbye", code="shutting_down", message="The sidecar is leaving")
            await line.left()
            return
        await line.done("a", "")
        await line.left()

    await played(stage, script)
