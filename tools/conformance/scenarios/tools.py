"""Tools that the model calls and the game answers: each call once, each job to its one end."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tools.conformance.driver import Client, Event, require
from tools.conformance.scenarios import drops
from tools.conformance.scenarios.jobs import require_whole
from tools.conformance.script import Line, Script
from tools.conformance.stage import PATIENCE, Stage, request, scenario

FIRST, SECOND = "call_1", "call_2"
"""The ids of the calls that scripts make."""

AFTER = "It is open."

FAILURE = 'Error: the "door" is stuck\n🚪 (e\u0301rreur)'
"""What a tool may say that did not work: quotes, a line break, an emoji, two code points."""

CUTS = 12
"""Connections that are cut, one after another; fewer than in `drops`, as these jobs are short."""


def calling(**more: object) -> dict[str, object]:
    """Return a request whose model calls one tool, once, and then writes."""
    nothing = {"type": "object", "properties": {}, "additionalProperties": False}
    look = {"type": "function", "function": {"name": "look", "parameters": nothing}}
    forced = {"tools": [look], "tool_choice": "required", "parallel_tool_calls": False}
    return request(**forced, **more)


async def call(line: Line, name: str) -> None:
    """Say that the model calls a tool."""
    told = {"id": name, "name": "open_door", "arguments": '{"door": "north"}'}
    await line.say("job_tool_call", job="a", call=told)


async def expect_result(line: Line, name: str, content: str) -> None:
    """Hear the result of a call; raises FailureError."""
    result = await line.expect("tool_result")
    told = (result["job"], result["call"], result["content"])
    require(told == ("a", name, content), f"the result of {name} came as {told}")


async def go_on(line: Line) -> None:
    """Write what follows a call; raises FailureError when one was answered twice."""
    await line.next_ping()  # What is said twice comes before it.
    told = [each["call"] for each in line.heard if each["type"] == "tool_result"]
    require(len(set(told)) == len(told), f"it answered twice over one connection: {told}")
    await line.chunk("a", AFTER, len(AFTER))
    await line.done("a", AFTER)
    await line.left()


async def called(client: Client, job: str = "a") -> Event:
    """Return the one call of a job, once it is told."""
    told = await client.until("call", job=job)
    require(isinstance(told.get("call"), str), f"the call has no id: {told}")
    return told


async def require_gone_on(client: Client, job: str = "a", calls: int = 1) -> None:
    """Raise FailureError unless a job ended well and its calls were told once each."""
    await client.last(job)
    require_whole(client, job)
    require(client.text(job), f"job {job} did not go on")
    told = [event["call"] for event in client.all(saw="call", job=job)]
    require(len(told) == len(set(told)) == calls, f"job {job} was told to have called {told}")


async def answer(client: Client, call: object, content: str, job: str = "a") -> None:
    """Let the game say what came of a call."""
    await client.do("tool_result", job=job, call=call, content=content)


async def calls_one(stage: Stage) -> tuple[Client, Event]:
    """Connect a client to a real sidecar; return it when its job a has called, and the call."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=calling())
    return client, await called(client)


@asynccontextmanager
async def scripted(stage: Stage, script: Script, calls: int = 1) -> AsyncIterator[Client]:
    """Give a client with a job a at a script; raises FailureError unless both end as they must."""
    sidecar = await stage.scripted(script)
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=request())
    yield client
    await require_gone_on(client, calls=calls)
    require(not sidecar.faults, f"the client spoke out of turn: {sidecar.faults}")


@scenario
async def call_answered(stage: Stage) -> None:
    """A call is told with name and arguments; answered, the job goes on and ends with its text."""
    client, told = await calls_one(stage)
    require(told["name"] == "look", f"another tool was told: {told}")
    require(json.loads(told["arguments"]) == {}, f"these are not its arguments: {told}")
    await answer(client, told["call"], "A tavern.")
    await require_gone_on(client)


@scenario
async def calls_answered_in_any_order(stage: Stage) -> None:
    """Two calls of one round may be answered in the other order, each with its own result."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        await call(line, FIRST)
        await call(line, SECOND)
        await expect_result(line, SECOND, "second")
        await expect_result(line, FIRST, "first")
        await go_on(line)

    async with scripted(stage, script, calls=2) as client:
        await client.until("call", call=SECOND)
        await answer(client, SECOND, "second")
        await answer(client, FIRST, "first")


@scenario
async def unknown_call(stage: Stage) -> None:
    """A result for a call that was never made is complained of, and the job waits unharmed."""
    client, told = await calls_one(stage)
    await answer(client, "call_of_nobody", "Boo")
    fault = await client.until("fault")
    require(fault["code"] == "invalid_request", f"it was told otherwise: {fault}")
    require(not client.lasts("a"), "it ended the job")
    await answer(client, told["call"], "A tavern.")
    await require_gone_on(client)


@scenario
async def answered_twice(stage: Stage) -> None:
    """A second result of the same call changes nothing, and nobody complains."""
    client, told = await calls_one(stage)
    for content in ("A tavern.", "A cellar."):
        await answer(client, told["call"], content)
    await require_gone_on(client)
    await client.settle()
    require(not client.all(saw="fault"), f"it complains: {client.tail()}")


@scenario
async def failed_tool(stage: Stage) -> None:
    """What a tool says that failed is a result like any other, and arrives as it is."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        await call(line, FIRST)
        await expect_result(line, FIRST, FAILURE)
        await go_on(line)

    async with scripted(stage, script) as client:
        await called(client)
        await answer(client, FIRST, FAILURE)


@scenario
async def dropped_before_the_result(stage: Stage) -> None:
    """A call told again after a drop, since nobody had answered, is told to the game once."""

    async def script(line: Line) -> None:
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await call(line, FIRST)
            await line.next_ping()
            await line.close()
            return
        await call(line, FIRST)
        await line.expect("get_status")
        await line.say("status", models=[], characters=[], sessions=1, memory_bytes=1)
        await expect_result(line, FIRST, "opened")
        await go_on(line)

    async with scripted(stage, script) as client:
        await called(client)
        await client.do("status")  # Its answer follows the repeated call.
        await client.until("status")
        await answer(client, FIRST, "opened")


@scenario
async def dropped_with_the_result(stage: Stage) -> None:
    """A result that went down with the connection is sent again; the game is not asked again."""

    async def script(line: Line) -> None:
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await call(line, FIRST)
            await expect_result(line, FIRST, "opened")
            await line.close()
            return
        await call(line, FIRST)
        await expect_result(line, FIRST, "opened")
        await go_on(line)

    async with scripted(stage, script) as client:
        await called(client)
        await answer(client, FIRST, "opened")


@scenario
async def answered_while_away(stage: Stage) -> None:
    """What a tool answered while there was no connection is told when there is one."""
    sidecar = await stage.sidecar()
    network = await stage.proxy(sidecar.url)
    client = await stage.client()
    await client.do("connect", url=network.url, token=sidecar.token, patience=PATIENCE)
    await client.do("stream", job="a", request=calling())
    told = await called(client)
    await network.close()
    await answer(client, told["call"], "A tavern.")
    await network.open()
    await require_gone_on(client)
    await client.settle()
    require(not client.all(saw="fault"), f"the sidecar complains: {client.tail()}")


@scenario
async def cut_around_calls(stage: Stage) -> None:
    """Connections cut at any byte lose no call and no result, and double none."""
    sidecar = await stage.sidecar()
    dice = random.Random(11)
    cuts = [dice.randrange(1, drops.ROOM) for _ in range(CUTS)]
    network = await stage.proxy(sidecar.url, cuts)
    client = await stage.client()
    await client.do("connect", url=network.url, token=sidecar.token, patience=PATIENCE)
    jobs = ("a", "b", "c")
    await client.until("connected", seconds=20)
    for job in jobs:
        await client.do("stream", job=job, request=calling())
    for job in jobs:
        told = await client.until("call", job=job, seconds=60)
        await answer(client, told["call"], "A tavern.", job)
    for job in jobs:
        await client.last(job, seconds=60)
        await require_gone_on(client, job)


@scenario
async def cancelled_while_called(stage: Stage) -> None:
    """A job that is cancelled while it waits for a result ends once; a late result harms nobody."""
    client, told = await calls_one(stage)
    await client.do("cancel", job="a")
    last = await client.last("a")
    require(last.get("reasons") == ["cancelled"], f"it ended otherwise: {last}")
    await answer(client, told["call"], "Too late")
    await client.settle()
    client.require_one_end("a")
    await client.do("stream", job="b", request=request())
    await client.last("b")
    require_whole(client, "b")


@scenario
async def nobody_answers(stage: Stage) -> None:
    """A job whose call nobody answers in time ends once, with the reason `tool_calls`."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=calling(), tool_timeout_ms=300)
    await called(client)
    last = await client.last("a")
    require(last.get("reasons") == ["tool_calls"], f"it ended otherwise: {last}")
    await client.settle()
    client.require_one_end("a")


@scenario
async def no_rounds(stage: Stage) -> None:
    """With `tool_rounds` 0 nothing is called: the job ends with its calls, as over HTTP."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=calling(), tool_rounds=0)
    last = await client.last("a")
    require(last.get("reasons") == ["tool_calls"], f"it ended otherwise: {last}")
    require(not client.all(saw="call"), "a call was told that nobody is to answer")
    client.require_one_end("a")
