"""Web pages and foreign host names are not let in."""

from __future__ import annotations

from itertools import product
from typing import Any

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from bridge.transports.guard import Guard
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.serving import Serve

ROUTES = ("/v1/models", "/health", "/metrics", "/v1/chat/completions", "/nowhere")
OUR_NAMES = (
    "localhost", "LocalHost:11434", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8080",
)  # fmt: skip
FOREIGN_NAMES = (
    "evil.example", "evil.example:11434", "localhost.evil.example", "127.0.0.1.nip.io",
    "my.local", "host.internal", "192.168.1.2", "localhost:", "localhost:x", "[::2]:1",
    "localhost:80:80", "", "::1", "0.0.0.0",
)  # fmt: skip


async def test_the_names_of_this_machine_are_let_in(client: httpx.AsyncClient) -> None:
    for name in OUR_NAMES:
        answer = await client.get("/v1/models", headers={"host": name})
        assert answer.status_code == 200, name


async def test_another_host_name_is_refused(client: httpx.AsyncClient) -> None:
    for name in FOREIGN_NAMES:
        answer = await client.get("/v1/models", headers={"host": name})
        assert answer.status_code == 403, name
        assert answer.json()["error"]["code"] == "forbidden"


async def test_every_route_refuses_another_host_name(client: httpx.AsyncClient) -> None:
    for path in ROUTES:
        answer = await client.get(path, headers={"host": "evil.example"})
        assert answer.status_code == 403, path


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:11434", ""])
async def test_every_route_refuses_web_pages(client: httpx.AsyncClient, origin: str) -> None:
    for path, method in product(ROUTES, ("GET", "POST", "OPTIONS")):
        answer = await client.request(method, path, headers={"origin": origin})
        assert answer.status_code == 403, (method, path)
        assert not any(name.startswith("access-control") for name in answer.headers)


async def test_a_host_name_can_be_allowed(serve: Serve, host: ScriptedHost) -> None:
    client = await serve(host, allowed_hosts=["Box.lan"])
    assert (await client.get("/health", headers={"host": "box.lan:80"})).status_code == 200


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/jsonp"]
)
async def test_a_body_that_is_not_declared_as_json_is_refused(
    client: httpx.AsyncClient, host: ScriptedHost, media_type: str
) -> None:
    answer = await client.post(
        "/v1/chat/completions", content=b"{}", headers={"content-type": media_type}
    )
    assert answer.status_code == 415
    assert host.submits == []


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_be_declared_in_any_spelling(
    client: httpx.AsyncClient, media_type: str
) -> None:
    answer = await client.post(
        "/v1/chat/completions", content=b"{}", headers={"content-type": media_type}
    )
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer wrong", "Basic secret", "secret", "Bearer secret2", "Bearer \xfc"],
)
async def test_without_the_token_nothing_but_health_is_told(
    serve: Serve, host: ScriptedHost, authorization: str | None
) -> None:
    client = await serve(host, token="secret")
    headers = httpx.Headers()
    if authorization is not None:
        headers = httpx.Headers([(b"authorization", authorization.encode("latin-1"))])
    for path in ROUTES:
        answer = await client.get(path, headers=headers)
        assert answer.status_code == (200 if path == "/health" else 401)
    assert answer.json()["error"]["type"] == "authentication_error"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_the_token_opens_every_route(serve: Serve, host: ScriptedHost, scheme: str) -> None:
    client = await serve(host, token="secret")
    answer = await client.get("/v1/models", headers={"authorization": f"{scheme} secret"})
    assert answer.status_code == 200


async def test_who_is_refused_is_no_activity(serve: Serve, host: ScriptedHost) -> None:
    calls: list[None] = []
    client = await serve(host, token="secret", on_activity=lambda: calls.append(None))
    await client.get("/v1/models")
    await client.get("/health", headers={"origin": "null"})
    assert calls == []


async def passed(scope: dict[str, Any]) -> tuple[bool, list[Message]]:
    """Return whether a guard lets a connection through, and what it sends itself."""
    sent: list[Message] = []
    through: list[None] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        through.append(None)

    async def receive() -> Message:
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)

    guard = Guard(app, token="secret", allowed_hosts=(), on_activity=lambda: None)
    await guard(scope, receive, send)
    return bool(through), sent


async def test_a_servers_own_events_pass() -> None:
    assert await passed({"type": "lifespan"}) == (True, [])


@pytest.mark.parametrize(
    ("headers", "through"),
    [
        ([(b"host", b"localhost:1")], True),
        ([(b"host", b"evil.example")], False),
        ([(b"host", b"localhost"), (b"origin", b"http://localhost")], False),
        ([(b"host", b"localhost"), (b"host", b"localhost")], False),
        ([], False),
    ],
)
async def test_a_websocket_is_held_to_the_same_rules(
    headers: list[tuple[bytes, bytes]], through: bool
) -> None:
    closed: list[Message] = [] if through else [{"type": "websocket.close", "code": 1008}]
    scope = {"type": "websocket", "path": "/", "headers": headers}
    assert await passed(scope) == (through, closed)
