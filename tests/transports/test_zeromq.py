"""ZeroMQ: conversations, who is let in, strange frames, slow readers, and the end."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import msgpack
import pytest
import zmq

from bridge.jobs.connection import MAX_UNREAD
from bridge.protocol import MAX_FRAME_BYTES
from bridge.transports import zeromq
from bridge.transports.reading import LONG
from bridge.transports.zeromq import ZeroMqServer
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.bridging import REQUEST, TOKEN
from tests.transports.dealing import PATIENCE_MS, Sidecar
from tests.transports.serving import WORDS

LONG_WORDS = "x" * 2 * LONG


@pytest.fixture
async def sidecar(host: ScriptedHost) -> AsyncIterator[Sidecar]:
    async with Sidecar(host) as one:
        yield one


async def test_a_conversation() -> None:
    async with Sidecar(ScriptedHost(WORDS)) as sidecar:
        client = await sidecar.greet()
        await client.submit()
        text, done = await client.reply()
        assert text == "".join(WORDS)
        assert done["response"]["choices"][0]["message"]["content"] == text


@pytest.mark.skipif(not zmq.has("ipc"), reason="this system's ZeroMQ has no ipc")
async def test_a_conversation_over_a_file(tmp_path: Path) -> None:
    async with Sidecar(ScriptedHost(WORDS), f"ipc://{tmp_path}/hearsay") as sidecar:
        client = await sidecar.greet()
        await client.submit()
        assert (await client.reply())[0] == "".join(WORDS)


@pytest.mark.skipif(not zmq.has("curve"), reason="this system's ZeroMQ has no CURVE")
async def test_a_conversation_that_nobody_can_overhear() -> None:
    public, secret = zmq.curve_keypair()
    async with Sidecar(ScriptedHost(WORDS), secret_key=secret) as sidecar:
        mine, hidden = zmq.curve_keypair()
        keys = {"curve_serverkey": public, "curve_publickey": mine, "curve_secretkey": hidden}
        client = sidecar.connect(**keys)
        assert (await client.hello())["type"] == "welcome"
        await client.submit()
        assert (await client.reply())[0] == "".join(WORDS)
        plain = sidecar.connect()
        await plain.say("hello", protocol=1, token=TOKEN)
        assert not await asyncio.to_thread(plain.socket.poll, 300)


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
    ("hello", "code"),
    [
        ({"token": "wrong"}, "unauthorized"),
        ({"protocol": 0}, "protocol_mismatch"),
        ({"resume": {"session": "nobody's"}}, "unknown_session"),
    ],
)
async def test_who_is_not_let_in_is_told_why_and_may_try_again(
    sidecar: Sidecar, hello: dict[str, object], code: str
) -> None:
    client = sidecar.connect()
    goodbye = await client.hello(**hello)
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", code)
    await sidecar.until_connected(0)
    assert (await client.hello())["type"] == "welcome"


async def test_a_message_before_hello_is_answered_with_goodbye(sidecar: Sidecar) -> None:
    client = sidecar.connect()
    await client.say("ping")
    assert (await client.hear())["code"] == "out_of_order"


async def test_a_second_hello_is_a_fault(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    assert (await client.hello())["code"] == "out_of_order"


@pytest.mark.parametrize("parts", [(b"", b"\x80"), (b"",) * 3])
async def test_a_message_of_several_parts_is_refused_politely(
    sidecar: Sidecar, parts: tuple[bytes, ...]
) -> None:
    client = await sidecar.greet()
    await client.send(*parts)
    assert "one part" in (await client.hear())["message"]
    await client.say("ping")
    assert (await client.hear())["type"] == "pong"


async def test_a_name_of_the_clients_own_is_refused(sidecar: Sidecar) -> None:
    client = sidecar.connect(routing_id=b"boris")
    goodbye = await client.hello()
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "invalid_request")
    assert sidecar.sessions.connections == set()


async def test_a_frame_that_is_too_large_ends_its_own_connection_only(sidecar: Sidecar) -> None:
    client, other = await sidecar.greet(), await sidecar.greet()
    await client.send(b"x" * (MAX_FRAME_BYTES + 1))
    # What is sent before the connection is seen to be gone goes with it; the next connection is
    # another client.
    answered = False
    while not answered:
        await client.say("ping")
        answered = bool(await asyncio.to_thread(client.socket.poll, 200))
    assert (await client.hear())["code"] == "out_of_order"
    await other.say("ping")
    assert (await other.hear())["type"] == "pong"


async def test_the_largest_frame_is_read(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    frame = msgpack.packb({"type": "ping", "mood": ""})
    room = MAX_FRAME_BYTES - len(frame) - 4
    await client.send(msgpack.packb({"type": "ping", "mood": "x" * room}))
    assert (await client.hear())["type"] == "pong"


async def test_random_bytes_are_answered_and_harm_nobody(sidecar: Sidecar) -> None:
    client, other = await sidecar.greet(), await sidecar.greet()
    for _ in range(200):
        await client.send(os.urandom(50))
        assert (await client.hear())["type"] == "fault"
    await other.say("ping")
    assert (await other.hear())["type"] == "pong"


async def test_a_client_that_vanishes_is_let_go_when_it_is_spoken_to(
    sidecar: Sidecar, host: ScriptedHost
) -> None:
    client = await sidecar.greet()
    await client.submit(when_gone="cancel")
    await host.until(lambda: host.submits)
    host.begin()
    client.close()

    async def write() -> None:
        while True:
            host.write("word")
            await asyncio.sleep(0.01)

    writing = asyncio.create_task(write())
    await host.until(lambda: host.cancelled)
    writing.cancel()
    assert sidecar.sessions.connections == set()
    assert len(sidecar.sessions) == 1


async def test_a_dropped_client_resumes_where_it_was(sidecar: Sidecar, host: ScriptedHost) -> None:
    client = await sidecar.greet()
    await client.submit()
    await host.until(lambda: host.submits)
    host.begin()
    host.write("Once")
    while (await client.hear())["type"] != "job_chunk":
        pass
    client.close()
    host.write(" upon")
    again = sidecar.connect()
    seen = [{"job": "j", "offsets": [4]}]
    welcome = await again.hello(resume={"session": client.session, "seen": seen})
    assert welcome["resumed"] is True
    assert (await again.hear())["type"] == "job_started"
    assert (await again.hear())["text"] == " upon"
    host.finish()
    assert (await again.hear())["type"] == "job_done"


async def test_a_slow_reader_costs_others_nothing_and_gets_everything(
    sidecar: Sidecar, host: ScriptedHost
) -> None:
    slow, quick = await sidecar.greet(), await sidecar.greet()
    await slow.submit()
    await host.until(lambda: host.submits)
    await quick.submit()
    await host.until(lambda: len(host.submits) == 2)
    first, second = (submit.job for submit in host.submits)
    piece = "x" * 4096
    for number in range(4000):  # Many times what the queues hold; nobody reads it.
        host.write(piece, job=first)
        await asyncio.sleep(0)
        if number % 200 == 0:
            host.write("y", job=second)
            assert (await quick.hear())["text"] == "y"
    host.finish(job=first)
    text, _ = await slow.reply()
    assert text == piece * 4000


async def test_a_flood_without_reading_ends_and_harms_nobody(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zeromq, "CLOSE_SECONDS", 0.2)
    flooder, other = sidecar.connect(rcvhwm=1), await sidecar.greet()
    await flooder.hello()
    ping = msgpack.packb({"type": "ping", "nonce": "x" * 60})

    def flood() -> None:
        for _ in range(20 * MAX_UNREAD):
            if not flooder.socket.poll(PATIENCE_MS, zmq.POLLOUT):
                break
            flooder.socket.send(ping)

    await asyncio.to_thread(flood)
    await other.say("ping")
    assert (await other.hear())["type"] == "pong"


async def test_one_client_too_many_comes_back_later(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zeromq, "MAX_CLIENTS", 2)
    await sidecar.greet()
    await sidecar.greet()
    goodbye = await sidecar.connect().hello()
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "busy")


async def test_goodbye_is_answered_and_the_client_forgotten(sidecar: Sidecar) -> None:
    client = await sidecar.greet()
    await client.say("goodbye")
    assert (await client.hear())["type"] == "goodbye"
    await sidecar.until_connected(0)
    assert len(sidecar.sessions) == 0


async def test_at_the_end_everybody_is_told(sidecar: Sidecar, host: ScriptedHost) -> None:
    client = await sidecar.greet()
    await client.submit()
    await host.until(lambda: host.submits)
    host.finish()
    sidecar.sessions.say_goodbye()
    assert [(await client.hear())["type"] for _ in range(2)] == ["job_done", "goodbye"]
    await sidecar.until_connected(0)


async def test_who_does_not_read_is_let_go_when_it_must_end(
    sidecar: Sidecar, host: ScriptedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zeromq, "CLOSE_SECONDS", 0.1)
    client = sidecar.connect(rcvhwm=1)
    await client.hello()
    await client.submit()
    await host.until(lambda: host.submits)
    for _ in range(400):
        host.write("x" * 65536)
        await asyncio.sleep(0.001)
    sidecar.sessions.say_goodbye()
    await sidecar.until_connected(0)


@pytest.mark.parametrize("scheme", ["tcp", "ipc"] if zmq.has("ipc") else ["tcp"])
async def test_an_address_that_is_taken_is_an_error(tmp_path: Path, scheme: str) -> None:
    endpoint = f"ipc://{tmp_path}/hearsay" if scheme == "ipc" else "tcp://127.0.0.1:*"
    async with Sidecar(ScriptedHost(), endpoint) as sidecar:
        with pytest.raises(zmq.ZMQError):
            ZeroMqServer(sidecar.sessions, sidecar.server.endpoints, token=None)
        assert (await sidecar.connect().hello())["type"] == "welcome"
    async with Sidecar(ScriptedHost(), endpoint) as sidecar:  # Free again.
        assert (await sidecar.connect().hello())["type"] == "welcome"


@pytest.mark.skipif(sys.platform == "win32", reason="has no such users")
@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs another user")
async def test_another_user_is_not_heard_over_a_file(open_folder: Path) -> None:
    endpoint = f"ipc://{open_folder}/hearsay"
    script = (
        "import os, sys, zmq; os.setuid(65534); socket = zmq.Context().socket(zmq.DEALER);"
        "socket.linger = 0; socket.connect(sys.argv[1]); socket.send(b'\\x80');"
        "sys.exit(bool(socket.poll(500)))"
    )
    async with Sidecar(ScriptedHost(), endpoint) as sidecar:
        socket_file(open_folder).chmod(0o777)
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", script, endpoint)
        assert await process.wait() == 0
        assert sidecar.sessions.connections == set()


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter; those above pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def socket_file(folder: Path) -> Path:
    return folder / "hearsay"


async def test_what_follows_a_long_message_waits_for_it() -> None:
    host = ScriptedHost()
    async with Sidecar(host) as sidecar:
        client = await sidecar.greet()
        other = await sidecar.greet()
        for words in (LONG_WORDS, "Hello"):
            message = {"role": "user", "content": words}
            request = {**REQUEST, "messages": [message]}
            await client.say("submit_chat", job=words[:9], request=request)
        await client.send(b"ping", b"x" * 2 * LONG)
        await other.send(b"x" * 2 * LONG)
        assert (await client.hear())["type"] == "fault"
        assert (await other.hear())["type"] == "fault"
        assert [submit.messages[0].content for submit in host.submits] == [LONG_WORDS, "Hello"]


async def test_a_server_that_closes_does_not_wait_for_a_long_message(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard = asyncio.Event()

    async def never(*_: object) -> None:
        heard.set()
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr(zeromq, "receive", never)
    async with Sidecar(ScriptedHost()) as sidecar:
        client = sidecar.connect()
        await client.send(b"x" * 2 * LONG)
        async with asyncio.timeout(10):
            await heard.wait()
