"""The client over real sockets: jobs, cancels, drops at any byte, and the end of a sidecar."""

from __future__ import annotations

import asyncio
import random
import socket
from pathlib import Path

import pytest
import zmq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.client import AsyncHearsay, ConnectionLostError, ErrorCode, HearsayError, Patience
from bridge.client.core import Core, Notice
from bridge.jobs.characters import State, seal
from bridge.protocol import FinishReason, JobChunk, JobStarted, Json, Priority, Welcome
from bridge.transports.zeromq import ZeroMqServer
from tests.client.serving import REQUEST, TOKEN, Serving, serving
from tests.jobs.scripted_host import ScriptedHost
from tools.conformance.proxy import Proxy, proxy

QUICK = Patience(refused_seconds=0.3, greeting_seconds=0.5, retry_seconds=0.01, ping_seconds=0.05)
WORDS = ["Once ", "upon ", "a ", "time ", "lived ", "a ", "dragón ", "🐉 ", "who ", "slept. "]


def connect(sidecar: Serving | Proxy, transport: str = "websocket") -> AsyncHearsay:
    url = sidecar.url(transport) if isinstance(sidecar, Serving) else sidecar.url
    packed = transport == "msgpack"
    return AsyncHearsay.connect(url, token=TOKEN, patience=QUICK, msgpack=packed)


async def test_a_stream_is_told_in_order_and_as_a_whole(sidecar: Serving, transport: str) -> None:
    async with connect(sidecar, transport) as client:
        job = await client.stream_chat_completions(REQUEST)
        await sidecar.host.until(lambda: sidecar.host.submits)
        sidecar.host.begin()
        texts = aiter(job)
        for word in WORDS:
            sidecar.host.write(word)
            assert await anext(texts) == word
        sidecar.host.finish()
        assert [text async for text in texts] == []
        response = await job
        assert response.choices[0].message.content == job.text == "".join(WORDS)
        assert job.done


async def test_a_request_may_be_text_and_is_checked_before_it_is_sent(sidecar: Serving) -> None:
    async with connect(sidecar) as client:
        text = '{"model": "hearsay/tavern", "messages": [{"role": "user", "content": "Hello"}]}'
        job = await client.async_chat_completions(text, job="mine", character="boris")
        assert job.id == "mine"
        await sidecar.host.until(lambda: sidecar.host.submits)
        sidecar.host.write("Hi")
        sidecar.host.finish()
        assert (await job).choices[0].message.content == "Hi"
        assert [event async for event in job.events()] == [
            event async for event in job.events() if isinstance(event, JobStarted)
        ]
        with pytest.raises(HearsayError) as wrong:
            await client.async_chat_completions({**REQUEST, "temperature": "hot"})
        assert wrong.value.code is ErrorCode.INVALID_REQUEST
        await client.async_chat_completions(REQUEST, job="two")
        with pytest.raises(HearsayError, match="open already"):
            await client.async_chat_completions(REQUEST, job="two")


async def test_several_choices_are_told_apart(sidecar: Serving, transport: str) -> None:
    async with connect(sidecar, transport) as client:
        job = await client.stream_chat_completions({**REQUEST, "n": 2})
        await sidecar.host.until(lambda: sidecar.host.submits)
        for index, text in enumerate(("first", "second")):
            sidecar.host.write(text, index)
            sidecar.host.finish(index=index)
        chunks = [event async for event in job.events() if isinstance(event, JobChunk)]
        assert sorted((chunk.index, chunk.text) for chunk in chunks) == [
            (0, "first"),
            (1, "second"),
        ]
        assert job.text == "first"


async def test_a_cancelled_job_ends_as_such(sidecar: Serving, transport: str) -> None:
    async with connect(sidecar, transport) as client:
        job = await client.stream_chat_completions(REQUEST)
        await sidecar.host.until(lambda: sidecar.host.submits)
        job.cancel()
        job.cancel()
        response = await job
        assert response.choices[0].finish_reason is FinishReason.CANCELLED
        client.cancel(job.id)
        assert await client.models()


async def test_a_job_that_fails_raises_its_error(sidecar: Serving, transport: str) -> None:
    async with connect(sidecar, transport) as client:
        job = await client.stream_chat_completions(REQUEST)
        await sidecar.host.until(lambda: sidecar.host.submits)
        sidecar.host.write("Once ")
        sidecar.host.fail(ErrorCode.CONTEXT_EXCEEDED, "It does not fit", "messages")
        texts = aiter(job)
        assert await anext(texts) == "Once "
        with pytest.raises(HearsayError) as failed:
            await anext(texts)
        assert failed.value.code is ErrorCode.CONTEXT_EXCEEDED


async def test_other_questions_are_answered(sidecar: Serving, transport: str) -> None:
    async with connect(sidecar, transport) as client:
        status, models = await asyncio.gather(client.status(), client.models())
        assert (status.sessions, models[0].id) == (1, "hearsay/tavern")
        client.heard("stranger", 3)
        client.pace("balanced", share=0.5)
        with pytest.raises(HearsayError) as unknown:
            await client.save_character("boris")
        assert unknown.value.param == "character"
        await client.load_character("boris", seal(State()))
        assert await client.save_character("boris") == seal(State())
        with pytest.raises(HearsayError) as none:
            await client.load_character("boris", "…")
        assert none.value.param == "state"
        tools: list[dict[str, Json]] = [{"type": "function", "function": {"name": "sing"}}]
        preparing = await client.prepare(
            "hearsay/tavern",
            [{"role": "system", "content": "x"}],
            tools=tools,
            priority="background",
        )
        await sidecar.host.until(lambda: sidecar.host.submits)
        assert sidecar.host.submits[0].tools == tools
        assert sidecar.host.submits[0].priority is Priority.BACKGROUND
        sidecar.host.finish()
        await preparing
        client.release(preparing.id)
        await sidecar.host.until(lambda: sidecar.host.released)


async def test_a_body_for_http_says_the_same_here(sidecar: Serving, transport: str) -> None:
    async with connect(sidecar, transport) as client:
        body = {**REQUEST, "priority": "interactive", "first_token_by_ms": 5000}
        await client.stream_chat_completions(body)
        await client.stream_chat_completions(body, priority=Priority.BACKGROUND)
        await sidecar.host.until(lambda: len(sidecar.host.submits) == 2)
        first, second = sidecar.host.submits
        assert (first.priority, second.priority) == (Priority.INTERACTIVE, Priority.BACKGROUND)
        assert first.first_token_by is not None


async def test_two_clients_do_not_see_one_another(sidecar: Serving, transport: str) -> None:
    host = sidecar.host
    async with connect(sidecar, transport) as one, connect(sidecar, transport) as other:
        first = await one.stream_chat_completions(REQUEST, job="same")
        await host.until(lambda: len(host.submits) == 1)
        second = await other.stream_chat_completions(REQUEST, job="same")
        await host.until(lambda: len(host.submits) == 2)
        other.cancel("same")
        assert (await second).choices[0].finish_reason is FinishReason.CANCELLED
        host.write("for one", job=host.submits[0].job)
        host.finish(job=host.submits[0].job)
        assert (await first).choices[0].message.content == first.text == "for one"
        assert second.text == ""


async def test_a_slip_that_belongs_to_no_job_is_in_the_log(
    sidecar: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    url = sidecar.url("websocket")
    async with AsyncHearsay.connect(url, token=TOKEN, patience=QUICK) as client:
        client.heard("stranger", 3)
        await client.status()
        await client.stream_chat_completions({**REQUEST, "temprature": 0.5})
    assert "'stranger'" in caplog.text
    assert "'temprature' (did you mean 'temperature'?)" in caplog.text


async def test_a_dropped_connection_goes_on_where_it_was(sidecar: Serving, transport: str) -> None:
    notices: list[Notice] = []
    client = AsyncHearsay.connect(
        sidecar.url(transport), token=TOKEN, patience=QUICK, on_notice=notices.append
    )
    async with client:
        job = await client.stream_chat_completions(REQUEST)
        await sidecar.host.until(lambda: sidecar.host.submits)
        texts = aiter(job)
        for word in WORDS:
            sidecar.host.write(word)
            assert await anext(texts) == word
            client.drop()
        sidecar.host.finish()
        await job
        assert job.text == "".join(WORDS)
        welcomes = [notice for notice in notices if isinstance(notice, Welcome)]
        assert len(welcomes) > 2
        assert len({welcome.session for welcome in welcomes}) == 1
    async with asyncio.timeout(10):  # Over ZeroMQ the goodbye may arrive after we have left.
        while len(sidecar.sessions):  # noqa: ASYNC110 - a session that ends tells nobody
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("transport", ["websocket", "msgpack", "zeromq"])
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 6000), max_size=6), seed=st.integers(0, 1000))
def test_no_character_is_lost_or_doubled_wherever_the_connection_is_cut(
    transport: str, cuts: list[int], seed: int
) -> None:
    words = random.Random(seed).choices(WORDS, k=150)

    async def scene() -> None:
        async with (
            asyncio.timeout(20),
            serving(ScriptedHost(words)) as sidecar,
            proxy(sidecar.url(transport), [cut + 300 for cut in cuts]) as network,
            connect(network, transport) as client,
        ):
            jobs = [await client.stream_chat_completions(REQUEST) for _ in range(3)]
            plain = await client.async_chat_completions(REQUEST)
            for job in jobs:
                assert [text async for text in job]
                assert job.text == "".join(words)
            assert (await plain).choices[0].message.content == "".join(words)
            assert len(sidecar.host.submits) == 4

    asyncio.run(scene())


async def test_a_network_that_swallows_everything_is_noticed(
    sidecar: Serving, transport: str
) -> None:
    async with proxy(sidecar.url(transport)) as network, connect(network, transport) as client:
        job = await client.stream_chat_completions(REQUEST)
        await sidecar.host.until(lambda: sidecar.host.submits)
        network.freeze()
        sidecar.host.write("Once ")
        sidecar.host.finish()
        await network.until(lambda: network.accepted > 1)
        assert not job.done
        network.thaw()
        assert (await job).choices[0].message.content == "Once "
        assert job.text == "Once "


async def test_jobs_fail_once_when_the_sidecar_does_not_come_back(
    sidecar: Serving, transport: str
) -> None:
    async with proxy(sidecar.url(transport)) as network, connect(network, transport) as client:
        jobs = [await client.stream_chat_completions(REQUEST) for _ in range(3)]
        await client.status()
        await network.close()
        async with asyncio.timeout(3):
            for job in jobs:
                with pytest.raises(ConnectionLostError):
                    await job
        with pytest.raises(ConnectionLostError):
            await client.status()


async def test_a_sidecar_that_comes_back_is_found_again(sidecar: Serving, transport: str) -> None:
    came = asyncio.Event()
    async with proxy(sidecar.url(transport)) as network:
        client = AsyncHearsay.connect(
            network.url, token=TOKEN, patience=QUICK, on_notice=lambda _: came.set()
        )
        async with client:
            job = await client.stream_chat_completions(REQUEST)
            await network.close()
            with pytest.raises(ConnectionLostError):
                await job
            came.clear()
            await network.open()
            async with asyncio.timeout(5):
                await came.wait()
                assert (await client.status()).sessions == 2


async def test_nobody_there_is_an_error_and_not_a_hang() -> None:
    with pytest.raises(ConnectionLostError):
        await AsyncHearsay.connect("http://127.0.0.1:1", patience=QUICK)
    with pytest.raises(ConnectionLostError):
        await AsyncHearsay.connect("tcp://127.0.0.1:1", patience=QUICK)


async def test_who_waits_for_a_connection_does_not_turn_in_circles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = 0
    tick = Core.tick

    def counted(core: Core) -> None:
        nonlocal turns
        turns += 1
        tick(core)

    monkeypatch.setattr(Core, "tick", counted)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # It takes connections, and no more.
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        patience = Patience(greeting_seconds=1.0)
        with pytest.raises(ConnectionLostError):
            await AsyncHearsay.connect(url, patience=patience)
    assert turns < 100


async def test_a_wrong_token_is_told_at_once(sidecar: Serving, transport: str) -> None:
    with pytest.raises(HearsayError) as refused:
        await AsyncHearsay.connect(sidecar.url(transport), token="wrong")
    assert refused.value.code is ErrorCode.UNAUTHORIZED


async def test_a_program_that_is_no_sidecar_is_told_nothing(transport: str) -> None:
    heard: list[bytes] = []

    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1 << 16))
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    scheme = "tcp" if transport == "zeromq" else "http"
    url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        with pytest.raises(ConnectionLostError):
            await AsyncHearsay.connect(url, token=TOKEN, patience=QUICK)
    assert heard
    assert not any(TOKEN.encode() in each for each in heard)


async def test_a_fault_of_the_client_itself_leaves_nobody_waiting(
    sidecar: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with connect(sidecar) as client:
        job = await client.stream_chat_completions(REQUEST)
        await sidecar.host.until(lambda: sidecar.host.submits)
        monkeypatch.setattr(client._core, "receive", lambda frame: 1 / 0)
        sidecar.host.write("Once ")
        with pytest.raises(HearsayError) as failed:
            await job
        assert failed.value.code is ErrorCode.INTERNAL


async def test_zeromq_may_be_encrypted(sidecar: Serving) -> None:
    public, secret = zmq.curve_keypair()
    server = ZeroMqServer(sidecar.sessions, ["tcp://127.0.0.1:*"], token=TOKEN, secret_key=secret)
    try:
        (url,) = server.endpoints
        key = public.decode()
        async with AsyncHearsay.connect(url, token=TOKEN, server_key=key) as client:
            assert (await client.status()).sessions == 1
        with pytest.raises(ConnectionLostError):
            await AsyncHearsay.connect(url, token=TOKEN, patience=QUICK)
    finally:
        server.close()


@pytest.mark.skipif(not zmq.has("ipc"), reason="Windows has no such sockets")
async def test_zeromq_may_be_a_file(sidecar: Serving, tmp_path: Path) -> None:
    server = ZeroMqServer(sidecar.sessions, [f"ipc://{tmp_path / 'hearsay'}"], token=TOKEN)
    try:
        async with AsyncHearsay.connect(server.endpoints[0], token=TOKEN) as client:
            assert (await client.status()).sessions == 1
    finally:
        server.close()
    with pytest.raises(ConnectionLostError):
        await AsyncHearsay.connect(server.endpoints[0], token=TOKEN, patience=QUICK)


async def test_a_goodbye_in_the_midst_of_a_flood_arrives(sidecar: Serving, transport: str) -> None:
    for _ in range(8):
        async with AsyncHearsay.connect(sidecar.url(transport), token=TOKEN) as client:
            await client.stream_chat_completions({**REQUEST, "stream": True})
            await _submitted(sidecar)
            flood = asyncio.create_task(_flood(sidecar.host))
            await asyncio.sleep(0.03)  # Chunks are on their way that nobody will read.
        async with asyncio.timeout(5):
            while len(sidecar.sessions):  # noqa: ASYNC110 - a session that ends tells nobody
                await asyncio.sleep(0.005)
        flood.cancel()
        sidecar.host.submits.clear()


async def _submitted(sidecar: Serving) -> None:
    async with asyncio.timeout(5):
        while not sidecar.host.submits:
            sidecar.host.changed.clear()
            await sidecar.host.changed.wait()
    sidecar.host.begin()


async def _flood(host: ScriptedHost) -> None:
    while True:
        host.write("x" * 200)
        await asyncio.sleep(0)
