"""The WebSocket server below the conversation: handshakes, broken frames, pings."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from typing import Any

import pytest

from bridge.transports import websocket_server
from bridge.transports.server_options import SERVER_OPTIONS
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.bridging import Sidecar, sidecar_of


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example"},
        {"Host": "localhost.evil.example"},
    ],
)
async def test_a_web_page_is_refused_before_any_word(
    sidecar: Sidecar, headers: dict[str, str]
) -> None:
    lines = {"Host": "localhost", **headers}
    answer = await handshake(sidecar.port, lines)
    assert answer.startswith(b"HTTP/1.1 403")
    assert sidecar.sessions.connections == set()


async def handshake(port: int, headers: dict[str, str], path: str = "/v1/bridge") -> bytes:
    """Return the first bytes of the answer to a handshake with such headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(
        f"GET {path} HTTP/1.1\r\n{lines}Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    async with asyncio.timeout(10):
        answer = await reader.read(4096)
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return answer


@pytest.mark.parametrize("path", ["/v1/other", "/", "/v1/bridge/", "/v1/%ff"])
async def test_there_is_one_address_for_it(sidecar: Sidecar, path: str) -> None:
    assert (await handshake(sidecar.port, {"Host": "localhost"}, path)).startswith(b"HTTP/1.1 403")


def mask(data: bytes) -> bytes:
    return bytes(byte ^ b"\x01\x02\x03\x04"[place % 4] for place, byte in enumerate(data))


async def after(sidecar: Sidecar, frames: bytes) -> bytes:
    """Return all that comes after a handshake and some bytes, until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sidecar.port)
    writer.write(
        b"GET /v1/bridge HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
    )
    async with asyncio.timeout(10):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(frames)
        writer.write_eof()
        answer = await reader.read()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return answer


@pytest.mark.parametrize(
    "frames",
    [
        b"\xff" * 64,
        b"\x81\x05Hello",  # Not masked.
        b"\x83\x80\x01\x02\x03\x04",  # An opcode that does not exist.
        b"\x80\x80\x01\x02\x03\x04",  # A continuation of nothing.
        b"\xc1\x80\x01\x02\x03\x04",  # A reserved bit.
        b"\x89\xfe\x01\x00\x01\x02\x03\x04",  # A ping that is too long.
        b"\x81\xff" + b"\xff" * 8 + b"\x01\x02\x03\x04",  # 2^64 bytes.
        b"\x81\x82\x01\x02\x03\x04" + mask(b"\xff\xff"),  # No UTF-8.
        b"\x88\x81\x01\x02\x03\x04x",  # Half a close code.
        b"\x01\x81\x01\x02\x03\x04x" + b"\x81\x81\x01\x02\x03\x04x",  # A message inside another.
        b"",
    ],
)
async def test_broken_frames_end_their_own_connection_only(sidecar: Sidecar, frames: bytes) -> None:
    good = await sidecar.greet()
    await after(sidecar, frames)
    await sidecar.until(lambda: len(sidecar.sessions.connections) == 1)
    await good.say("ping")
    assert (await good.hear())["type"] == "pong"


async def test_text_that_is_none_is_no_news_for_a_log(
    sidecar: Sidecar, caplog: pytest.LogCaptureFixture
) -> None:
    split = (
        b"\x01\x81\x01\x02\x03\x04" + mask(b"\xff") + b"\x80\x81\x01\x02\x03\x04" + mask(b"\xff")
    )
    for frames in (b"\x81\x82\x01\x02\x03\x04" + mask(b"\xff\xff"), split):
        answer = await after(sidecar, frames)
        assert answer.endswith(b"\x88\x02" + (1007).to_bytes(2))
    assert not caplog.records


async def test_random_bytes_after_a_handshake_harm_nobody(sidecar: Sidecar) -> None:
    good = await sidecar.greet()
    for _ in range(50):
        await after(sidecar, os.urandom(2000))
    await good.say("ping")
    assert (await good.hear())["type"] == "pong"


async def test_pings_of_one_who_does_not_read_do_not_pile_up(
    sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await sidecar.greet()
    made = websocket_server.WebSocket.connection_made
    transports: list[Any] = []

    def remember(self: websocket_server.WebSocket, transport: Any) -> None:
        transports.append(transport)
        made(self, transport)

    monkeypatch.setattr(websocket_server.WebSocket, "connection_made", remember)
    opened = socket.create_connection(("127.0.0.1", sidecar.port))
    with opened:
        opened.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(
            opened,
            b"GET /v1/bridge HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n",
        )
        await sidecar.until(lambda: len(sidecar.sessions.connections) == 2)
        ping = b"\x89\xfd\x01\x02\x03\x04" + bytes(125)
        for _ in range(100):
            await loop.sock_sendall(opened, ping * 1000)
        assert 0 < transports[0].get_write_buffer_size() < 1 << 20
    await good.say("ping")
    assert (await good.hear())["type"] == "pong"


async def test_who_answers_no_ping_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVER_OPTIONS, "ws_ping_interval", 0.05)
    monkeypatch.setitem(SERVER_OPTIONS, "ws_ping_timeout", 0.1)
    async with sidecar_of(ScriptedHost()) as sidecar:
        client = await sidecar.greet()
        client.socket.transport.pause_reading()  # As a game does that stands still.
        assert sidecar.sessions.connected == 1
        await sidecar.until(lambda: not sidecar.sessions.connections)
        assert len(sidecar.sessions) == 1
        client.socket.transport.abort()
