"""The load generator against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest

from tools.bench.load import Ask, Message, Reply, Run, Target, run
from tools.bench.places import BenchError
from tools.bench.scenes import strangers, tavern

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
ROLE = b'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n'
DONE = b"data: [DONE]\n\n"


def text(content: str) -> bytes:
    return b'data: {"choices":[{"delta":{"content":"%s"}}],"usage":null}\n\n' % content.encode()


def usage(completion: int, cached: int | None = None) -> bytes:
    document: dict[str, object] = {"prompt_tokens": 9, "completion_tokens": completion}
    if cached is not None:
        document["prompt_tokens_details"] = {"cached_tokens": cached}
    return b"data: " + msgspec.json.encode({"choices": [], "usage": document}) + b"\n\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[Target]:
    """Run a real server that reads requests and lets `answer` write what it likes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        await answer(head + await reader.readexactly(length), writer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Target(f"http://127.0.0.1:{port}/v1", "a-model", "secret")


def ask() -> Ask:
    return Ask(model="a-model", messages=[Message("user", "hello")], max_tokens=3, seed=1)


async def test_a_chunked_stream_is_read_and_timed() -> None:
    written = asyncio.Event()

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunk(ROLE) + chunk(text("a")))
        await writer.drain()
        await asyncio.sleep(0.05)  # Not to wait for something, but to be measured.
        writer.write(chunk(text("b")) + chunk(text("c") + usage(3, cached=4) + DONE) + chunk(b""))
        await writer.drain()
        written.set()

    async with serving(answer) as target:
        reply = (await run(target, [ask()])).replies[0]
    assert written.is_set()
    assert (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens) == (9, 3, 4)
    assert len(reply.arrivals) == 3
    assert reply.gaps[0] >= 0.04
    assert reply.per_token == pytest.approx(sum(reply.gaps) / 2)


async def test_a_stream_may_end_with_its_connection_and_cut_events_anywhere() -> None:
    stream = ROLE + text("a") + text("b") + usage(2) + DONE

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(HEAD + b"Connection: close\r\n\r\n")
        for place in range(0, len(stream), 7):
            writer.write(stream[place : place + 7])
            await writer.drain()

    async with serving(answer) as target:
        reply = (await run(target, [ask()])).replies[0]
    assert len(reply.arrivals) == 2
    assert reply.cached_tokens == 0


async def test_a_request_names_every_sampler_and_carries_the_token() -> None:
    seen: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(request)
        writer.write(HEAD + b"\r\n" + text("a") + usage(1) + DONE)
        await writer.drain()

    async with serving(answer) as target:
        await run(target, [ask()])
    head, _, body = seen[0].partition(b"\r\n\r\n")
    document = msgspec.json.decode(body)
    assert head.startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert b"Authorization: Bearer secret" in head
    assert document["temperature"] == 0.8
    assert document["top_k"] == 40
    assert document["ignore_eos"] is True
    assert document["stream_options"] == {"include_usage": True}


async def test_all_streams_run_at_once() -> None:
    together = asyncio.Barrier(3)

    async def answer(_request: bytes, writer: asyncio.StreamWriter) -> None:
        await together.wait()
        writer.write(HEAD + b"\r\n" + text("a") + text("b") + usage(2) + DONE)
        await writer.drain()

    async with serving(answer) as target, asyncio.timeout(10):
        done = await run(target, [ask(), ask(), ask()])
    assert len(done.replies) == 3
    assert done.throughput == pytest.approx(6 / done.wall)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (
            b"HTTP/1.1 400 Bad Request\r\nContent-Length: 9\r\n\r\nno model!",
            "answered 400: no model!",
        ),
        (HEAD + b"\r\n" + ROLE + text("a") + DONE, "no text or no usage"),
        (HEAD + b"\r\n" + b'data: {"error":{"message":"oh"}}\n\n', "failed in the middle"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\nda", "hung up"),
        (b"HTTP/1.1 200", "hung up"),
    ],
)
async def test_what_goes_wrong_is_told(answer: bytes, complaint: str) -> None:
    async def reply(_request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)
        await writer.drain()

    async with serving(reply) as target:
        with pytest.raises(BenchError, match=complaint):
            await run(target, [ask()])


async def test_nobody_there_and_a_wrong_url_are_told() -> None:
    with pytest.raises(BenchError, match="No server answers"):
        await run(Target("http://127.0.0.1:1", "m"), [ask()])
    with pytest.raises(BenchError, match="http://host:port"):
        await run(Target("localhost:8080", "m"), [ask()])


def test_a_run_adds_its_replies_up() -> None:
    early = Reply(0.0, (1.0, 2.0, 3.0), 10, 3, 4)
    late = Reply(0.5, (1.5, 4.5), 10, 4, 0)
    both = Run((early, late))
    assert both.wall == 4.5
    assert both.throughput == pytest.approx(7 / 4.5)
    assert both.decode_throughput == pytest.approx(1 + 1)
    assert both.prompt_tokens_read == 16


def test_strangers_share_nothing_and_come_again_with_the_same_seed() -> None:
    first = strangers("m", streams=3, prompt=20, new=5, seed=1)
    assert first == strangers("m", streams=3, prompt=20, new=5, seed=1)
    contents = {each.messages[0].content for each in first}
    contents |= {
        each.messages[0].content for each in strangers("m", streams=1, prompt=20, new=5, seed=1)
    }
    assert len(contents) == 4


def test_the_tavern_shares_its_world_and_nothing_else() -> None:
    scene = tavern("m", seed=1)
    worlds = {" ".join(each.messages[0].content.split(" ")[:400]) for each in scene}
    assert len(scene) == 8
    assert len(worlds) == 1
    assert len({each.messages[0].content for each in scene}) == 8
    assert worlds.isdisjoint(
        " ".join(each.messages[0].content.split(" ")[:400]) for each in tavern("m", seed=2)
    )
