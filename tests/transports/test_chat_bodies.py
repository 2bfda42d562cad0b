"""What is asked over HTTP: bodies that are wrong, too large, too late, or long."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.exceptions import HTTPException
from starlette.types import Message

from bridge.protocol import ChatRequest
from bridge.transports import chat
from bridge.transports.chat import MAX_BODY, read_body
from bridge.wire.chat_request import read_chat_request
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.asking import JSON, PATH, body
from tests.transports.serving import WORDS, Serve

BAD_BODIES: list[tuple[bytes, str | None]] = [
    (b"", None),
    (b"{", None),
    (b"[]", None),
    (b"null", None),
    (b'"hello"', None),
    (b"\xff\xfe", None),
    (b'{"model": "m", "model": "m"}', None),
    (b'{"temperature": NaN}', None),
    (b'{"temperature": 1e999}', None),
    (b'{"seed": ' + b"9" * 10_000 + b"}", None),
    (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, None),
    (b"[" * 100_000, None),
    (b"{}", "model"),
    (b'{"model": "m"}', "messages"),
    (json.dumps(body(messages=[])).encode(), "messages"),
    (json.dumps(body(messages="hi")).encode(), "messages"),
    (json.dumps(body(messages=[{"role": "bard", "content": "x"}])).encode(), "messages[0].role"),
    (json.dumps(body(messages=[{"role": "user"}])).encode(), "messages[0].content"),
    (json.dumps(body(temperature="hot")).encode(), "temperature"),
    (json.dumps(body(temperature=-1)).encode(), "temperature"),
    (json.dumps(body(temperature=10**300)).encode(), "temperature"),
    (json.dumps(body(max_tokens=-5)).encode(), "max_tokens"),
    (json.dumps(body(max_tokens=10**100)).encode(), "max_tokens"),
    (json.dumps(body(n=1000)).encode(), "n"),
    (json.dumps(body(stream="yes")).encode(), "stream"),
    (json.dumps(body(response_format={"type": "poem"})).encode(), "response_format.type"),
    (json.dumps(body(tools=[{"type": "function"}])).encode(), "tools[0].function"),
    (json.dumps(body(top_logprobs=3)).encode(), "top_logprobs"),
]


async def test_a_bad_body_is_a_clear_error_and_harms_no_other(serve: Serve) -> None:
    host = ScriptedHost()
    client = await serve(host)
    good = asyncio.create_task(client.post(PATH, json=body()))
    await host.until(lambda: host.submits)
    for data, param in BAD_BODIES:
        answer = await client.post(PATH, content=data, headers=JSON)
        assert answer.status_code == 400, data[:80]
        error = answer.json()["error"]
        assert error["type"] == "invalid_request_error"
        assert error["param"] == param
        assert error["message"]
    assert len(host.submits) == 1
    host.finish()
    assert (await good).status_code == 200


async def test_a_body_that_is_too_large_is_refused(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    async def pieces() -> AsyncIterator[bytes]:  # no length is declared
        for _ in range(5):
            yield b" " * (1 << 20)

    for content in (b" " * (MAX_BODY + 1), pieces()):
        answer = await client.post(PATH, content=content, headers=JSON)
        assert answer.status_code == 413
        assert str(MAX_BODY) in answer.json()["error"]["message"]
    assert host.submits == []


async def test_the_largest_body_is_read(serve: Serve) -> None:
    client = await serve(ScriptedHost(WORDS))
    data = json.dumps(body()).encode().ljust(MAX_BODY)
    assert (await client.post(PATH, content=data, headers=JSON)).status_code == 200


async def test_a_body_whose_sender_left_is_no_body() -> None:
    messages: list[Message] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Message:
        return messages.pop(0)

    assert await read_body({"type": "http", "headers": []}, receive) is None


async def test_a_body_that_does_not_come_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def receive() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(chat, "BODY_SECONDS", 0.01)
    with pytest.raises(HTTPException) as caught:
        await read_body({"type": "http", "headers": []}, receive)
    assert caught.value.status_code == 408


@pytest.mark.parametrize(("words", "beside"), [(1, False), (9000, True)])
async def test_a_long_body_is_read_beside_the_streams(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, words: int, beside: bool
) -> None:
    readers: list[int] = []

    def read(data: bytes) -> tuple[ChatRequest, dict[str, str]]:
        readers.append(threading.get_ident())
        return read_chat_request(data)

    monkeypatch.setattr("bridge.wire.openai.read_chat_request", read)
    client = await serve(ScriptedHost(WORDS))
    schema = {"enum": [f"word number {each}" for each in range(words)]}
    form = {"type": "json_schema", "json_schema": {"name": "w", "schema": schema}}
    answer = await client.post(PATH, json=body(response_format=form))
    assert answer.status_code == 200
    assert [reader != threading.get_ident() for reader in readers] == [beside]


async def test_a_misspelled_field_is_named_in_a_header_and_the_log(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    client = await serve(ScriptedHost(WORDS))
    answer = await client.post(PATH, json=body(temprature=0.123, user="somebody"))
    assert answer.headers["x-hearsay-warning"] == (
        "unknown field 'temprature' (did you mean 'temperature'?)"
    )
    assert "temprature" in caplog.text
    assert "0.123" not in caplog.text
    assert "Hello" not in caplog.text


async def test_an_unknown_model_is_answered_as_in_the_specification(
    client: httpx.AsyncClient,
) -> None:
    for name in ("nonexistent-model", "in-memory::nonexistent-model"):
        answer = await client.post(PATH, json=body(model=name))
        assert answer.status_code == 400
        assert answer.json() == {
            "error": {
                "message": "Model 'nonexistent-model' not found",
                "type": "invalid_request_error",
                "param": "model",
                "code": None,
            }
        }
