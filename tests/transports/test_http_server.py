"""HTTP as bytes on a socket: what is no request, what is two, and what never ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from bridge.transports import http_server
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.bridging import TOKEN, Sidecar
from tests.transports.serving import MODEL

HOST = b"Host: localhost\r\n"
OURS = HOST + f"Authorization: Bearer {TOKEN}\r\n".encode() + b"Content-Type: application/json\r\n"
HEALTH = b"GET /health HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /v1/chat/completions HTTP/1.1\r\n" + OURS
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"

UNREADABLE = {
    "both lengths": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths, turned": CHUNKED + b"Content-Length: 4\r\n\r\n0\r\n\r\n",
    "one length twice": POST + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "a list of lengths": POST + b"Content-Length: 2, 2\r\n\r\n{}",
    "a length with a sign": POST + b"Content-Length: +2\r\n\r\n{}",
    "a length below nothing": POST + b"Content-Length: -2\r\n\r\n{}",
    "a length beyond measure": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "lines that end in LF": b"GET /health HTTP/1.1\nHost: localhost\n\n",
    "a header that ends in LF": b"GET /health HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n",
    "a header that ends in CR": b"GET /health HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n",
    "a folded header": b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n",
    "a fold first": b"GET /health HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "a space before a colon": b"GET /health HTTP/1.1\r\nHost : localhost\r\n\r\n",
    "a hidden encoding": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "an unknown encoding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunks inside another": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "chunks twice": CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk without a size": CHUNKED + b"\r\nzz\r\n",
    "chunks that end in LF": CHUNKED + b"\r\n2\n{}\n0\n\n",
    "a chunk beyond measure": CHUNKED + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n",
    "a later version": b"GET /health HTTP/1.9\r\n" + HOST + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a proxy's request": b"GET http://evil.example/health HTTP/1.1\r\n" + HOST + b"\r\n",
    "a tunnel": b"CONNECT localhost:80 HTTP/1.1\r\n" + HOST + b"\r\n",
    "a zero byte": b"GET /health HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n",
    "a path that is not ASCII": b"GET /h\xc3\xa9 HTTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown method": b"BREW /health HTTP/1.1\r\n" + HOST + b"\r\n",
    "a TLS handshake": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "noise": bytes(range(256)),
}
TOO_MUCH = {
    "a long header": HEALTH[:-2] + b"X: " + b"a" * 20_000 + b"\r\n\r\n",
    "a header without end": HEALTH[:-2] + b"X: " + b"a" * 20_000,
    "a long path": b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\n" + HOST + b"\r\n",
    "many headers": HEALTH[:-2] + b"a: b\r\n" * 3_000 + b"\r\n",
    "empty lines": b"\r\n" * 20_000,
    "a long handshake": (
        b"GET /v1/bridge HTTP/1.1\r\n"
        + HOST
        + b"Upgrade: websocket\r\nConnection: Upgrade\r\nX: "
        + b"a" * 20_000
        + b"\r\n\r\n"
    ),
}


@asynccontextmanager
async def dialled(
    sidecar: Sidecar,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", sidecar.port)
    try:
        async with asyncio.timeout(10):
            yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def whole_answer(sidecar: Sidecar, request: bytes) -> bytes:
    """Return all that is said until the server closes."""
    async with dialled(sidecar) as (reader, writer):
        writer.write(request)
        return await reader.read()


def error_of(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["error"]["message"])


async def answers(sidecar: Sidecar, *requests: bytes) -> list[int]:
    """Return the statuses of answers with a length on one connection."""
    statuses = []
    async with dialled(sidecar) as (reader, writer):
        writer.write(b"".join(requests))
        for _ in requests:
            head = await reader.readuntil(b"\r\n\r\n")
            size = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(size))
            statuses.append(int(head.split(b" ", 2)[1]))
    return statuses


async def test_what_is_no_request_or_could_be_two_is_refused_and_the_connection_ends(
    sidecar: Sidecar, caplog: pytest.LogCaptureFixture
) -> None:
    for name, request in UNREADABLE.items():
        answer = await whole_answer(sidecar, request)
        assert answer.startswith(b"HTTP/1.1 400 "), name
        assert error_of(answer) == "This is not a request that can be read"
        assert answer.count(b"HTTP/1.1") == 1, name
    assert not caplog.records  # Noise is no news: it would fill a log.


async def test_headers_have_an_end(sidecar: Sidecar) -> None:
    for name, request in TOO_MUCH.items():
        answer = await whole_answer(sidecar, request)
        assert answer.startswith(b"HTTP/1.1 431 "), name
        assert error_of(answer) == "The headers are larger than 16384 bytes"


async def test_large_headers_are_read_as_long_as_they_are_within_the_limit(
    sidecar: Sidecar,
) -> None:
    large = HEALTH[:-2] + b"X: " + b"a" * 16_000 + b"\r\n\r\n"
    assert await answers(sidecar, large, HEALTH, large) == [200, 200, 200]


async def test_a_large_body_is_no_large_header(sidecar: Sidecar) -> None:
    text = json.dumps({"text": "a" * 100_000}).encode()
    post = POST + f"Content-Length: {len(text)}\r\n\r\n".encode() + text
    assert await answers(sidecar, post, HEALTH, post, HEALTH) == [400, 200, 400, 200]


async def test_headers_that_do_not_come_are_not_waited_for(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.1)
    for begun in (b"G", HEALTH[:-1], b"\r\n", POST[:60]):
        assert (await whole_answer(sidecar, begun)).startswith(b"HTTP/1.1 408 ")


async def test_a_byte_now_and_then_is_no_request(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.2)
    async with dialled(sidecar) as (reader, writer):
        said = asyncio.create_task(reader.read())
        for byte in HEALTH * 100:
            with contextlib.suppress(OSError):
                writer.write(bytes([byte]))
            done, _ = await asyncio.wait({said}, timeout=0.02)
            if done:
                break
        assert (await said).startswith(b"HTTP/1.1 408 ")


async def test_a_connection_may_be_idle_between_requests(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "HEAD_SECONDS", 0.1)
    async with dialled(sidecar) as (reader, writer):
        for _ in range(2):
            writer.write(HEALTH)
            assert (await reader.readuntil(b"}]}")).startswith(b"HTTP/1.1 200 ")
            await asyncio.sleep(0.3)  # Not a wait for something: the idleness is the matter.


async def test_one_connection_too_many_is_told_to_come_again(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_server, "MAX_CONNECTIONS", 2)
    async with dialled(sidecar) as (reader, writer), dialled(sidecar) as (second, _):
        writer.write(HEALTH)
        await reader.readuntil(b"}]}")
        answer = await whole_answer(sidecar, b"")
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"\r\nretry-after: 1\r\n" in answer
        writer.write(HEALTH)  # Who was there before is served as ever.
        await reader.readuntil(b"}]}")
        assert not second.at_eof()
    assert await answers(sidecar, HEALTH) == [200]


async def test_half_a_request_costs_nothing(sidecar: Sidecar) -> None:
    half = POST + b"Content-Length: 1000\r\n\r\n{"
    for _ in range(20):
        async with dialled(sidecar) as (_, writer):
            writer.write(half)
    assert await answers(sidecar, HEALTH) == [200]


async def test_a_request_after_the_broken_one_is_not_read(sidecar: Sidecar) -> None:
    smuggled = UNREADABLE["both lengths"] + HEALTH * 3
    assert (await whole_answer(sidecar, smuggled)).count(b"HTTP/1.1") == 1


async def test_noise_after_a_request_ends_its_answer_and_frees_its_job(
    client: httpx.AsyncClient, host: ScriptedHost
) -> None:
    body = json.dumps(
        {"model": MODEL, "messages": [{"role": "user", "content": "Hi"}], "stream": True}
    ).encode()
    url = client.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(POST + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await host.until(lambda: host.submits)
    host.begin()
    await reader.readuntil(b"data: ")
    writer.write(b"\x00\x01\x02")
    rest = await reader.read()
    assert b"HTTP/1.1" not in rest
    assert not rest.endswith(
        b"0\r\n\r\n"
    )  # A cut stream, which a client can tell from a whole one.
    await host.until(lambda: host.cancelled)
    writer.close()


async def test_an_offer_of_http_2_is_ignored_and_the_body_is_read(sidecar: Sidecar) -> None:
    upgrade = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
    post = POST + upgrade + b"Content-Length: 2\r\n\r\n{}"
    get = HEALTH[:-2] + upgrade + b"\r\n"
    assert await answers(sidecar, post, get, post, HEALTH) == [400, 200, 400, 200]
    async with dialled(sidecar) as (reader, writer):
        writer.write(post[:-1])
        await writer.drain()
        writer.write(post[-1:])
        assert b"Missing required field 'model'" in await reader.readuntil(b"}}")


async def test_a_body_that_nobody_wants_is_read_so_that_its_sender_hears_why(
    sidecar: Sidecar,
) -> None:
    async with dialled(sidecar) as (reader, writer):
        writer.write(POST + b"Content-Length: 67108864\r\n\r\n")
        for _ in range(64):
            writer.write(bytes(1 << 20))
            await writer.drain()
        writer.write(HEALTH)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
        assert b"HTTP/1.1 200 " in await reader.readuntil(b"}]}")


async def test_a_body_without_end_ends(sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "MAX_UNHEARD", 8 << 20)
    async with dialled(sidecar) as (_, writer):
        writer.write(CHUNKED + b"\r\n")
        with pytest.raises(OSError):  # noqa: PT011 - each system has its own word for it
            await pour(writer)


async def pour(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"100000\r\n" + bytes(1 << 20) + b"\r\n")
        await writer.drain()


async def test_the_address_for_websockets_says_so_to_who_asks_without(sidecar: Sidecar) -> None:
    request = b"GET /v1/bridge HTTP/1.1\r\n" + OURS + b"Connection: close\r\n\r\n"
    answer = await whole_answer(sidecar, request)
    assert answer.startswith(b"HTTP/1.1 426 ")
    assert b"upgrade: websocket\r\n" in answer
    assert "ws://" in error_of(answer)


async def test_who_connects_and_says_nothing_leaves_no_trace(
    sidecar: Sidecar, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        async with dialled(sidecar):
            pass
        assert await answers(sidecar, HEALTH) == [200]
    assert not caplog.records
