"""Calls of tools are answered by functions, over every transport, whatever drops."""

from __future__ import annotations

import asyncio

import pytest

from bridge.client import Hearsay
from bridge.client.pending import JobMessage
from bridge.client.tools import Toolbox, Tools, in_threads
from bridge.protocol import FinishReason, JobStarted, JobToolCall, ToolCall
from bridge.worker.messages import CallWritten, Wrote
from tests.client.serving import REQUEST, TOKEN, Serving
from tests.client.test_asynchronous import connect

DOOR = {"type": "function", "function": {"name": "open_door"}}


async def answered(tools: Tools, *calls: tuple[str, str]) -> dict[str, str]:
    """Return what a toolbox answers to calls."""
    answers: dict[str, str] = {}
    heard: list[JobMessage] = []
    done = asyncio.Event()

    def answer(call: str, content: str) -> None:
        answers[call] = content
        if len(answers) == len(calls):
            done.set()

    hear = Toolbox(tools, answer).listen(heard.append)
    hear(JobStarted(job="j", prompt_tokens=1))
    for name, arguments in calls:
        hear(JobToolCall(job="j", call=ToolCall(id=name, name=name, arguments=arguments)))
    async with asyncio.timeout(10):
        await done.wait()
    assert len(heard) == len(calls) + 1
    return answers


async def test_functions_get_their_arguments_by_name_and_may_be_coroutines() -> None:
    async def sing(title: str, loud: bool = False) -> dict[str, object]:
        return {"sung": title, "loud": loud}

    tools: Tools = {"open_door": lambda door: f"{door} opened", "sing": sing, "look": lambda: None}
    calls = ("open_door", '{"door": "north"}'), ("sing", '{"title": "Hey"}'), ("look", "")
    assert await answered(tools, *calls) == {
        "open_door": "north opened",
        "sing": '{"sung": "Hey", "loud": false}',
        "look": "null",
    }


async def test_what_goes_wrong_is_told_to_the_model_and_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fly() -> None:
        raise ValueError("no wings")

    answers = await answered({"fly": fly}, ("fly", "{}"), ("swim", "{}"))
    assert answers == {
        "fly": "Error: no wings",
        "swim": "Error: there is no function for swim",
    }
    assert caplog.messages == [
        "the tool fly failed",
        "the model called 'swim', and there is no function for it",
    ]
    answers = await answered({"fly": fly}, ("fly", "{broken"))
    assert answers["fly"].startswith("Error:")


@pytest.mark.parametrize("result", ["x" * (2 << 20), "\ud800"])
async def test_a_result_that_cannot_be_sent_is_told_to_the_model(
    sidecar: Serving, result: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(sidecar, "websocket") as client:
        job = await client.stream_chat_completions(
            {**REQUEST, "tools": [DOOR]}, tools={"open_door": lambda door: result}
        )
        await sidecar.host.until(lambda: sidecar.host.submits)
        calls_a_tool(sidecar)
        await sidecar.host.until(lambda: len(sidecar.host.submits) == 2)
        assert str(sidecar.host.submits[1].messages[-1].content).startswith("Error: ")
        job.cancel()
    assert "what the tool open_door returned cannot be told" in caplog.messages


async def test_functions_of_a_program_that_waits_run_in_threads() -> None:
    def where() -> str:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        return "elsewhere"

    assert await answered(in_threads({"where": where}), ("where", "{}")) == {"where": "elsewhere"}


async def test_a_coroutine_is_awaited_also_for_a_program_that_waits() -> None:
    async def sing() -> str:
        return "la"

    assert await answered(in_threads({"sing": sing}), ("sing", "{}")) == {"sing": "la"}


def calls_a_tool(sidecar: Serving, arguments: str = '{"door": "north"}') -> None:
    host = sidecar.host
    host.begin()
    call = CallWritten(0, "open_door", arguments)
    host._say(Wrote(host.job, 0, [1], "At once.", "A guest.", [call]))
    host.finish(FinishReason.TOOL_CALLS)


@pytest.mark.parametrize("drops", [False, True])
async def test_a_job_goes_on_with_what_a_function_returned(
    sidecar: Serving, transport: str, drops: bool
) -> None:
    opened: list[str] = []
    client = connect(sidecar, transport)

    def open_door(door: str) -> str:
        opened.append(door)
        if drops:
            client.drop()
        return "opened"

    async with client:
        job = await client.stream_chat_completions(
            {**REQUEST, "tools": [DOOR]}, tools={"open_door": open_door}
        )
        await sidecar.host.until(lambda: sidecar.host.submits)
        calls_a_tool(sidecar)
        await sidecar.host.until(lambda: len(sidecar.host.submits) == 2)
        assert sidecar.host.submits[1].messages[-1].content == "opened"
        sidecar.host.begin()
        sidecar.host.write("It is open.")
        sidecar.host.finish()
        response = await job
        assert opened == ["north"]
        message = response.choices[0].message
        assert message.content == job.text == "At once.\n\nIt is open."
        assert message.reasoning_content == "A guest."


async def test_two_calls_are_answered_as_soon_as_each_is_known(
    sidecar: Serving, transport: str
) -> None:
    known = asyncio.Event()

    async def slow() -> str:
        await known.wait()
        return "slow"

    def quick() -> str:
        known.set()
        return "quick"

    names = ("slow", "quick")
    tools = [{"type": "function", "function": {"name": name}} for name in names]
    async with connect(sidecar, transport) as client:
        job = await client.stream_chat_completions(
            {**REQUEST, "tools": tools}, tools={"slow": slow, "quick": quick}
        )
        host = sidecar.host
        await host.until(lambda: host.submits)
        host.begin()
        calls = [CallWritten(number, name, "{}") for number, name in enumerate(names)]
        host._say(Wrote(host.job, 0, [1], "", "", calls))
        host.finish(FinishReason.TOOL_CALLS)
        await host.until(lambda: len(host.submits) == 2)
        told = [message.content for message in host.submits[1].messages[-2:]]
        assert told == ["slow", "quick"]
        host.finish()
        await job


async def test_without_rounds_the_calls_are_in_the_reply(sidecar: Serving) -> None:
    async with connect(sidecar) as client:
        job = await client.async_chat_completions({**REQUEST, "tools": [DOOR]}, tool_rounds=0)
        await sidecar.host.until(lambda: sidecar.host.submits)
        calls_a_tool(sidecar)
        [choice] = (await job).choices
        assert choice.finish_reason is FinishReason.TOOL_CALLS
        assert choice.message.tool_calls
        assert choice.message.tool_calls[0].function.arguments == '{"door": "north"}'


async def test_a_program_without_asyncio_has_tools_too(sidecar: Serving) -> None:
    def play() -> str | None:
        with Hearsay.connect(sidecar.websocket, token=TOKEN) as client:
            tools = {"open_door": lambda door: f"{door} opened"}
            asked = {**REQUEST, "tools": [DOOR]}
            job = client.async_chat_completions(asked, tools=tools)
            return job.result(20).choices[0].message.content

    playing = asyncio.create_task(asyncio.to_thread(play))
    await sidecar.host.until(lambda: sidecar.host.submits)
    calls_a_tool(sidecar)
    await sidecar.host.until(lambda: len(sidecar.host.submits) == 2)
    sidecar.host.finish()
    assert await playing == "At once."
    assert sidecar.host.submits[1].messages[-1].content == "north opened"
