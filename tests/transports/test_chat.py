"""Chat completions over HTTP: answers, streams, failures, and clients that leave."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from bridge.errors import ErrorCode
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.asking import PATH, body
from tests.transports.serving import MODEL, WORDS, Serve


async def frames(answer: httpx.Response) -> AsyncIterator[str]:
    """Yield a stream's frames as they come."""
    rest = ""
    async for text in answer.aiter_text():
        *whole, rest = (rest + text).split("\n\n")
        for frame in whole:
            yield frame


async def test_a_plain_answer_is_one_document(serve: Serve) -> None:
    client = await serve(ScriptedHost(WORDS))
    answer = await client.post(PATH, json=body())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert answer.json()["choices"][0]["message"]["content"] == "".join(WORDS)


async def test_a_stream_is_chunked_events(serve: Serve) -> None:
    client = await serve(ScriptedHost(WORDS))
    answer = await client.post(PATH, json=body(stream=True))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_a_stream_arrives_as_it_is_written(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(opened(host))
        async with client.stream("POST", PATH, json=body(stream=True)) as answer:
            told = frames(answer)
            assert '"role":"assistant"' in await anext(told)
            for word in WORDS:
                host.write(word)
                assert json.loads((await anext(told))[6:])["choices"][0]["delta"] == {
                    "content": word
                }
            host.finish()
            assert '"finish_reason":"stop"' in await anext(told)
            assert await anext(told) == "data: [DONE]"


async def opened(host: ScriptedHost) -> None:
    await host.until(lambda: host.submits)
    host.begin()


async def test_a_client_that_leaves_a_stream_frees_its_job(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(opened(host))
        async with client.stream("POST", PATH, json=body(stream=True)) as answer:
            assert '"role":"assistant"' in await anext(frames(answer))
            assert host.cancelled == []
    await host.until(lambda: host.cancelled)
    assert host.cancelled == [host.job]


async def test_a_client_that_leaves_a_plain_answer_frees_its_job(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    asked = asyncio.create_task(client.post(PATH, json=body()))
    await host.until(lambda: host.submits)
    host.begin()
    asked.cancel()
    await host.until(lambda: host.cancelled)
    assert host.cancelled == [host.job]


async def test_a_client_that_leaves_before_the_start_frees_its_job(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    asked = asyncio.create_task(client.post(PATH, json=body(stream=True)))
    await host.until(lambda: host.submits)
    asked.cancel()
    await host.until(lambda: host.cancelled)
    assert host.cancelled == [host.job]


async def test_a_hundred_clients_that_leave_leave_nothing_behind(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    asked = [
        asyncio.create_task(client.post(PATH, json=body(stream=number % 2 == 0)))
        for number in range(100)
    ]
    await host.until(lambda: len(host.submits) == len(asked))
    for each in asked:
        each.cancel()
    await host.until(lambda: len(host.cancelled) == len(asked))
    assert "hearsay_jobs_open 0\n" in (await client.get("/metrics")).text


async def test_a_client_that_stays_cancels_nothing(serve: Serve) -> None:
    host = ScriptedHost(WORDS)
    client = await serve(host)
    for stream in (True, False):
        await client.post(PATH, json=body(stream=stream))
    assert host.cancelled == []


async def test_a_client_that_does_not_read_holds_nobody_up(serve: Serve) -> None:
    host = ScriptedHost()
    client = await serve(host)
    async with asyncio.TaskGroup() as group:
        group.create_task(opened(host))
        async with client.stream("POST", PATH, json=body(stream=True)):
            slow = host.job
            for _ in range(200):  # far more than the sockets between them hold
                host.write("x" * 100_000)
                await asyncio.sleep(0)
            other = asyncio.create_task(client.post(PATH, json=body()))
            await host.until(lambda: len(host.submits) == 2)
            host.finish()
            assert (await other).status_code == 200
            assert host.cancelled == []
    await host.until(lambda: host.cancelled)
    assert host.cancelled == [slow]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("code", "status"),
    [
        (ErrorCode.CONTEXT_EXCEEDED, 400),
        (ErrorCode.MODEL_FAILED, 500),
        (ErrorCode.BUSY, 503),
    ],
)
async def test_a_failure_before_the_first_word_has_a_real_status(
    client: httpx.AsyncClient, host: ScriptedHost, code: ErrorCode, status: int, stream: bool
) -> None:
    asked = asyncio.create_task(client.post(PATH, json=body(stream=stream)))
    await host.until(lambda: host.submits)
    host.fail(code, "It cannot be")
    answer = await asked
    assert answer.status_code == status
    assert answer.json()["error"]["message"] == "It cannot be"


async def test_a_failure_in_the_middle_of_a_stream_is_an_event(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    asked = asyncio.create_task(client.post(PATH, json=body(stream=True)))
    await host.until(lambda: host.submits)
    host.begin()
    host.write("half")
    await asyncio.sleep(0)
    host.fail(ErrorCode.WORKER_CRASHED, "It crashed")
    answer = await asked
    assert answer.status_code == 200
    assert '"content":"half"' in answer.text
    assert '"message":"It crashed"' in answer.text
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_an_open_stream_without_news_is_kept_warm(serve: Serve, host: ScriptedHost) -> None:
    client = await serve(host, ping_seconds=0.01)
    async with asyncio.TaskGroup() as group:
        group.create_task(opened(host))
        async with client.stream("POST", PATH, json=body(stream=True)) as answer:
            told = frames(answer)
            assert '"role":"assistant"' in await anext(told)
            assert await anext(told) == ": ping"
            host.write("Once")
            host.finish()
            rest = [frame async for frame in told if frame != ": ping"]
            assert len(rest) == 3


async def test_nothing_is_sent_before_the_start_however_long_it_takes(
    serve: Serve, host: ScriptedHost
) -> None:
    client = await serve(host, ping_seconds=0.001)
    asked = asyncio.create_task(client.post(PATH, json=body(stream=True)))
    await host.until(lambda: host.submits)
    done, _ = await asyncio.wait([asked], timeout=0.05)
    assert not done
    host.fail(ErrorCode.MODEL_FAILED)
    assert (await asked).status_code == 500


def sdk(client: httpx.AsyncClient) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(base_url=f"{client.base_url}/v1", api_key="not-needed")


HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello"}]


async def test_the_official_client_understands_every_answer(serve: Serve) -> None:
    client = await serve(ScriptedHost(WORDS))
    async with sdk(client) as remote:
        plain = await remote.chat.completions.create(model="gpt", messages=HELLO)
        stream = await remote.chat.completions.create(
            model="gpt", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
        *chunks, last = [chunk async for chunk in stream]
        streamed = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        assert plain.choices[0].message.content == streamed == "".join(WORDS)
        assert plain.usage == last.usage
        assert len({chunk.id for chunk in chunks}) == 1
        assert [model.id async for model in remote.models.list()] == [f"in-memory::{MODEL}"]
        assert (await remote.models.retrieve(f"in-memory::{MODEL}")).owned_by == "hearsay"


async def test_the_official_client_names_the_unknown_model(client: httpx.AsyncClient) -> None:
    async with sdk(client) as remote:
        with pytest.raises(openai.BadRequestError) as caught:
            await remote.chat.completions.create(model="nope", messages=HELLO)
        assert (caught.value.param, caught.value.code) == ("model", None)


async def test_the_official_client_raises_what_went_wrong_in_a_stream(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    async with sdk(client) as remote, asyncio.TaskGroup() as group:
        group.create_task(opened(host))
        stream = await remote.chat.completions.create(model="gpt", messages=HELLO, stream=True)
        host.fail(ErrorCode.WORKER_CRASHED, "It crashed")
        with pytest.raises(openai.APIError, match="It crashed"):
            async for _ in stream:
                pass
        assert len(host.submits) == 1
