"""WebSocket: conversations, who is let in, strange frames, slow readers, and the end."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from bridge.jobs.connection import MAX_UNREAD
from bridge.protocol import MAX_FRAME_BYTES
from bridge.transports import websocket, websocket_server
from bridge.transports.reading import LONG
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.bridging import REQUEST, TOKEN, Sidecar, sidecar_of
from tests.transports.serving import WORDS


@pytest.mark.parametrize("subprotocols", [None, ["hearsay.v1.json"], ["hearsay.v1.msgpack"]])
async def test_a_conversation_in_either_form(subprotocols: Any) -> None:
    async with sidecar_of(ScriptedHost(WORDS)) as sidecar:
        client = await sidecar.connect(subprotocols=subprotocols)
        assert client.socket.subprotocol == (subprotocols[0] if subprotocols else None)
        assert (await client.hello())["type"] == "welcome"
        await client.submit()
        text, done = await client.reply()
        assert text == "".join(WORDS)
        assert done["response"]["choices"][0]["message"]["content"] == text


async def test_the_first_form_that_both_know_is_spoken(sidecar: Sidecar) -> None:
    offered: Any = ["soap", "hearsay.v1.msgpack", "hearsay.v1.json"]
    client = await sidecar.connect(subprotocols=offered)
    assert client.socket.subprotocol == "hearsay.v1.msgpack"


async def test_text_arrives_as_it_is_written(sidecar: Sidecar, host: ScriptedHost) -> None:
    client = await sidecar.greet()
    await client.submit()
    await host.until(lambda: host.submits)
    host.begin()
    assert (await client.hear())["type"] == "job_started"
    for word in WORDS:
        host.write(word)
        assert (await client.hear())["text"] == word
    host.finish()
    assert (await client.hear())["type"] == "job_done"


@pytest.mark.parametrize(
    ("subprotocols", "frame"), [(None, b"\x80"), (["hearsay.v1.msgpack"], "{}")]
)
async def test_the_wrong_kind_of_frame_is_refused_politely(
    sidecar: Sidecar, subprotocols: Any, frame: bytes | str
) -> None:
    client = await sidecar.connect(subprotocols=subprotocols)
    await client.hello()
    await client.socket.send(frame)
    fault = await client.hear()
    assert (fault["type"], fault["code"]) == ("fault", "invalid_request")
    await client.say("ping")
    assert (await client.hear())["type"] == "pong"


async def test_a_wrong_token_closes_the_connection(sidecar: Sidecar) -> None:
    client = await sidecar.connect()
    await client.say("hello", protocol=1, token="wrong")
    assert await client.end() == (["goodbye"], 1008)
    assert client.socket.close_reason == "unauthorized"


async def test_a_message_before_hello_closes_the_connection(sidecar: Sidecar) -> None:
    client = await sidecar.connect()
    await client.say("ping")
    assert await client.end() == (["goodbye"], 1008)


async def test_a_wrong_version_closes_the_connection(sidecar: Sidecar) -> None:
    client = await sidecar.connect()
    await client.say("hello", protocol=0, token=TOKEN)
    assert await client.end() == (["goodbye"], 1008)


async def test_a_frame_that_is_too_large_closes_the_connection_and_no_other(
    sidecar: Sidecar,
) -> None:
    client, other = await sidecar.greet(), await sidecar.greet()
    await client.socket.send("x" * (MAX_FRAME_BYTES + 1))
    assert await client.end() == ([], 1009)
    await client.socket.wait_closed()
    await other.say("ping")
    assert (await other.hear())["type"] == "pong"


async def test_the_largest_frame_is_read(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    await client.socket.send(json.dumps({"type": "ping"}).ljust(MAX_FRAME_BYTES))
    assert (await client.hear())["type"] == "pong"


@pytest.mark.parametrize("subprotocols", [["hearsay.v1.json"], ["hearsay.v1.msgpack"]])
async def test_what_follows_a_long_message_waits_for_it(
    sidecar: Sidecar, host: ScriptedHost, subprotocols: Any
) -> None:
    client = await sidecar.connect(subprotocols=subprotocols)
    await client.hello()
    for job, words in (("long", "x" * 2 * LONG), ("short", "Hello")):
        message = {"role": "user", "content": words}
        await client.say("submit_chat", job=job, request={**REQUEST, "messages": [message]})
    await host.until(lambda: len(host.submits) == 2)
    sizes = [len(str(submit.messages[0].content)) for submit in host.submits]
    assert sizes == [2 * LONG, len("Hello")]


async def test_a_long_message_that_is_none_is_refused(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    await client.socket.send("[" * 2 * LONG)
    assert (await client.hear())["type"] == "fault"
    await client.say("ping")
    assert (await client.hear())["type"] == "pong"


async def test_compression_is_not_offered(sidecar: Sidecar) -> None:
    client = await sidecar.connect(compression="deflate")
    assert client.socket.protocol.extensions == []


async def test_a_dropped_client_resumes_where_it_was(sidecar: Sidecar, host: ScriptedHost) -> None:
    client = await sidecar.greet()
    await client.submit()
    await host.until(lambda: host.submits)
    host.begin()
    host.write("Once")
    while (await client.hear())["type"] != "job_chunk":
        pass
    client.socket.transport.abort()
    await sidecar.until(lambda: not sidecar.sessions.connected)
    host.write(" upon")
    again = await sidecar.connect()
    seen = [{"job": "j", "offsets": [4]}]
    welcome = await again.hello(resume={"session": client.session, "seen": seen})
    assert welcome["resumed"] is True
    assert (await again.hear())["type"] == "job_started"
    assert (await again.hear())["text"] == " upon"
    host.finish()
    assert (await again.hear())["type"] == "job_done"


async def test_a_resumed_session_leaves_its_older_connection(sidecar: Sidecar) -> None:
    client, again = await sidecar.greet(), await sidecar.connect()
    await again.hello(resume={"session": client.session})
    assert await client.end() == (["goodbye"], 1000)
    await again.say("ping")
    assert (await again.hear())["type"] == "pong"


async def test_goodbye_closes_in_good_order(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    await client.say("goodbye")
    assert await client.end() == (["goodbye"], 1000)
    assert len(sidecar.sessions) == 0


async def test_at_the_end_everybody_is_told(sidecar: Sidecar, host: ScriptedHost) -> None:
    client = await sidecar.greet()
    await client.submit()
    await host.until(lambda: host.submits)
    host.finish()
    sidecar.sessions.say_goodbye()
    assert await client.end() == (["job_done", "goodbye"], 1001)


async def test_a_slow_reader_costs_others_nothing_and_gets_everything(
    sidecar: Sidecar, host: ScriptedHost
) -> None:
    slow, quick = await sidecar.greet(), await sidecar.greet()
    await slow.submit()
    await host.until(lambda: host.submits)
    await quick.submit()
    await host.until(lambda: len(host.submits) == 2)
    first, second = (submit.job for submit in host.submits)
    slow.socket.transport.pause_reading()
    piece = "x" * 4096
    for number in range(4000):
        host.write(piece, job=first)
        if number % 100 == 0:
            host.write("y", job=second)
            assert (await quick.hear())["text"] == "y"
    host.finish(job=first)
    slow.socket.transport.resume_reading()
    text, done = await slow.reply()
    assert text == piece * 4000
    assert done["response"]["choices"][0]["message"]["content"] is None


async def test_a_flood_without_reading_ends_and_harms_nobody(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "CLOSE_SECONDS", 0.2)
    monkeypatch.setattr(websocket_server, "ABORT_SECONDS", 0.2)
    flooder, other = await sidecar.greet(), await sidecar.greet()
    flooder.socket.transport.pause_reading()
    ping = json.dumps({"type": "ping", "nonce": "x" * 60})
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(30):
            while True:
                await flooder.socket.send(ping)
    await other.say("ping")
    assert (await other.hear())["type"] == "pong"
    assert sidecar.sessions.connected == 1


async def test_a_burst_of_questions_from_one_who_reads_is_answered(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    number = 2 * MAX_UNREAD

    async def ask() -> None:
        for nonce in range(number):
            await client.say("ping", nonce=str(nonce))

    asking = asyncio.create_task(ask())
    for nonce in range(number):
        assert await client.hear() == {"type": "pong", "nonce": str(nonce)}
    await asking


async def test_two_sessions_do_not_see_one_another(sidecar: Sidecar, host: ScriptedHost) -> None:
    first, second = await sidecar.greet(), await sidecar.greet()
    await first.submit("same")
    await host.until(lambda: len(host.submits) == 1)
    await second.submit("same")
    await host.until(lambda: len(host.submits) == 2)
    host.finish()
    assert (await second.hear())["type"] == "job_done"
    await first.say("ping")
    assert (await first.hear())["type"] == "pong"


async def test_a_connection_is_counted_only_while_it_is_there(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    assert sidecar.sessions.connected == 1
    await client.socket.close()
    await sidecar.until(lambda: not sidecar.sessions.connections)
    assert len(sidecar.sessions) == 1


async def test_the_goodbye_of_one_who_does_not_wait_for_answers_is_heard(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    for _ in range(300):
        await client.say("ping")
    await client.say("goodbye")
    await client.socket.close()
    await sidecar.until(lambda: not sidecar.sessions.connections)
    assert len(sidecar.sessions) == 0


async def test_who_stops_reading_is_let_go_when_it_must_end(
    sidecar: Sidecar, host: ScriptedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "CLOSE_SECONDS", 0.1)
    monkeypatch.setattr(websocket_server, "ABORT_SECONDS", 0.1)
    client = await sidecar.greet()
    await client.submit()
    await host.until(lambda: host.submits)
    client.socket.transport.pause_reading()
    for _ in range(200):
        host.write("x" * 65536)
        await asyncio.sleep(0)
    sidecar.sessions.say_goodbye()
    await sidecar.until(lambda: not sidecar.sessions.connections)
    client.socket.transport.abort()


async def test_an_unexpected_error_is_a_line_in_the_log(
    sidecar: Sidecar, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await sidecar.greet()
    [connection] = sidecar.sessions.connections
    monkeypatch.setattr(connection, "receive_data", None)
    await client.say("ping")
    await client.end()
    assert "a connection broke" in caplog.text
