"""Two hundred ways to come in that no game takes: none is let in, over HTTP or WebSocket."""

from __future__ import annotations

import asyncio
from itertools import product

from tests.transports.bridging import TOKEN, Sidecar

HOSTS = (
    "evil.example", "evil.example:11434", "localhost.evil.example", "127.0.0.1.nip.io",
    "my.local", "host.internal", "192.168.1.2", "localhost:", "localhost:x", "[::2]:1",
    "localhost:80:80", "", "::1", "0.0.0.0", "127.0.0.1@evil.example", "localhost\tevil",
    "[::1", "localhost,evil.example",
)  # fmt: skip
ORIGINS = (None, "https://evil.example", "null", "http://localhost:11434", "file://")
UPGRADE = (
    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)  # fmt: skip
TOKENS: tuple[object, ...] = (
    None, "", " ", TOKEN[:-1], TOKEN + " ", TOKEN.upper(), TOKEN[::-1], f"Bearer {TOKEN}", "\0",
    "x" * 10_000,
)  # fmt: skip


async def status_of(port: int, path: str, host: str, origin: str | None, *more: str) -> int:
    """Return the status that a request is answered with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {TOKEN}", *more]
    lines += [f"Origin: {origin}"] if origin is not None else []
    writer.write("\r\n".join([*lines, "", ""]).encode())
    async with asyncio.timeout(10):
        line = await reader.readline()
    writer.close()
    return int(line.split()[1])


async def test_no_foreign_name_or_page_is_let_in(sidecar: Sidecar) -> None:
    ways = [("/v1/models", ()), ("/v1/bridge", UPGRADE)]
    foreign = [*product(HOSTS, ORIGINS), *product(["localhost"], ORIGINS[1:])]
    for (path, more), (host, origin) in product(ways, foreign):
        status = await status_of(sidecar.port, path, host, origin, *more)
        assert status in {400, 403}, (path, host, origin)
    assert len(ways) * len(foreign) == 188
    assert not len(sidecar.sessions)


async def test_no_wrong_token_is_let_in(sidecar: Sidecar) -> None:
    for token, resume in product(TOKENS, (None, {"session": "guess", "seen": []})):
        client = await sidecar.connect()
        more = {"resume": resume} if resume else {}
        await client.say("hello", protocol=1, token=token, **more)
        assert (await client.end())[0] == ["goodbye"]
    assert not len(sidecar.sessions)


async def test_a_game_is_let_in(sidecar: Sidecar) -> None:
    assert await status_of(sidecar.port, "/v1/models", "localhost", None) == 200
    assert await status_of(sidecar.port, "/v1/bridge", "localhost", None, *UPGRADE) == 101
