"""Hearsay within a Python process: answers that can be awaited or iterated over."""

from __future__ import annotations

import asyncio
import json

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.service import Service
from bridge.protocol import ChatMessage, ChatRequest, Role
from bridge.transports.local import Local, Request
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.serving import WORDS

DOCUMENT: dict[str, object] = {
    "model": "in-memory::m",
    "messages": [{"role": "user", "content": "Hello"}],
}
MESSAGES = [ChatMessage(role=Role.USER, content="Hello")]


def local(host: ScriptedHost) -> Local:
    return Local(Service({"m": host}))


@pytest.mark.parametrize(
    "request_form", [DOCUMENT, json.dumps(DOCUMENT), ChatRequest(model="m", messages=MESSAGES)]
)
async def test_an_answer_can_be_awaited(request_form: Request) -> None:
    response = await local(ScriptedHost(WORDS)).async_chat_completions(request_form)
    assert response.model == "m"
    assert response.choices[0].message.content == "".join(WORDS)
    assert response.choices[0].finish_reason == "stop"
    assert response.usage.completion_tokens == len(WORDS)


async def test_text_can_be_iterated_over_as_it_is_written() -> None:
    host = ScriptedHost()
    job = local(host).stream_chat_completions(DOCUMENT)
    host.begin()
    told = aiter(job)
    for word in WORDS:
        host.write(word)
        assert await anext(told) == word
    host.write("the")
    host.write(" end")
    host.finish()
    assert [text async for text in told] == ["the end"]
    assert job.done
    assert (await job).choices[0].message.content == "".join(WORDS) + "the end"


async def test_all_choices_are_awaited_together() -> None:
    response = await local(ScriptedHost(WORDS)).async_chat_completions({**DOCUMENT, "n": 2})
    assert [choice.message.content for choice in response.choices] == ["".join(WORDS)] * 2


async def test_a_job_that_fails_raises() -> None:
    host = ScriptedHost()
    job = local(host).stream_chat_completions(DOCUMENT)
    host.begin()
    host.write("half")
    host.fail(ErrorCode.WORKER_CRASHED, "It crashed")
    told = aiter(job)
    assert await anext(told) == "half"
    with pytest.raises(HearsayError, match="It crashed"):
        await anext(told)
    with pytest.raises(HearsayError, match="It crashed"):
        await job


@pytest.mark.parametrize(
    ("request_form", "param"),
    [
        ({"model": "m"}, "messages"),
        ("{", None),
        ({**DOCUMENT, "temperature": object()}, None),
        ({**DOCUMENT, "tools": [{}]}, "tools[0].function"),
        (ChatRequest(model="m", messages=[ChatMessage(role=Role.USER)]), "messages[0].content"),
    ],
)
def test_a_request_that_cannot_be_met_raises_at_once(
    request_form: Request, param: str | None
) -> None:
    with pytest.raises(HearsayError) as caught:
        local(ScriptedHost()).async_chat_completions(request_form)
    assert caught.value.param == param


async def test_a_cancelled_job_ends_as_such() -> None:
    host = ScriptedHost()
    job = local(host).async_chat_completions(DOCUMENT)
    job.cancel()
    assert (await job).choices[0].finish_reason == "cancelled"


async def test_whoever_stops_waiting_takes_the_job_along() -> None:
    host = ScriptedHost()

    async def ask() -> None:
        await local(host).async_chat_completions(DOCUMENT)

    asking = asyncio.create_task(ask())
    await host.until(lambda: host.submits)
    asking.cancel()
    await asyncio.wait({asking})
    assert host.cancelled == [host.job]
