"""What a running sidecar shows to others: where it listens, what it visits, what it lets in."""

from __future__ import annotations

import json
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.gateway.children import Running, hearsay, sidecar

MOST_GROWN = 20 << 20
NOISY, SILENT = 300, 100
HELLO: dict[str, Any] = {
    "model": "hearsay/tavern",
    "messages": [{"role": "user", "content": "Hello"}],
}
ON_ZEROMQ = ("--zeromq", "tcp://127.0.0.1:*")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A sidecar for the tests that leave it as it was."""
    with sidecar(tmp_path_factory.mktemp("home"), *ON_ZEROMQ) as one:
        one.wait_loaded()
        yield one


def ask(one: Running) -> int:
    with one.http() as http:
        return http.post("/v1/chat/completions", json={**HELLO, "max_tokens": 4}).status_code


def door(one: Running) -> tuple[str, int]:
    """Return the address of its ZeroMQ."""
    endpoints = one.ready["zeromq"]
    assert isinstance(endpoints, list)
    host, _, port = str(endpoints[0]).removeprefix("tcp://").rpartition(":")
    return host.strip("[]"), int(port)


def is_loopback(host: str) -> bool:
    address = ip_address(host)
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


def test_neither_a_sidecar_nor_its_worker_listens_beyond_this_machine(shared: Running) -> None:
    open_to = [
        end.laddr
        for end in psutil.Process(shared.pid).net_connections("inet")
        if end.status == psutil.CONN_LISTEN or end.type is socket.SOCK_DGRAM
    ]
    assert {shared.ready["port"], door(shared)[1]} <= {port for _, port in open_to}
    assert all(is_loopback(host) for host, _ in open_to), open_to
    assert psutil.Process(shared.worker()).net_connections("all") == []


def test_to_listen_beyond_it_without_the_flag_is_an_error(tmp_path: Path) -> None:
    done = hearsay(tmp_path, "serve", "--host", "0.0.0.0")
    assert done.returncode != 0
    assert "--allow-remote" in done.stderr


def test_noise_and_silence_at_zeromqs_door_harm_nobody(shared: Running) -> None:
    draw, silent = random.Random(1), []
    assert ask(shared) == 200
    before = psutil.Process(shared.pid).memory_info().rss
    with ExitStack() as connections:
        for number in range(NOISY + SILENT):
            caller = connections.enter_context(socket.create_connection(door(shared), timeout=20))
            if number % (NOISY // SILENT + 1) == 0:
                silent.append(caller)
            else:
                caller.sendall(draw.randbytes(draw.randrange(1, 4000)))
            if number % 40 == 0:
                assert ask(shared) == 200
        for caller in silent:  # Whoever begins no handshake within a second is let go.
            while caller.recv(4096):
                pass
    assert ask(shared) == 200
    assert psutil.Process(shared.pid).memory_info().rss - before < MOST_GROWN


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b" " * (64 << 20), 413),
        (json.dumps({**HELLO, "messages": HELLO["messages"] * 100_000}).encode(), 400),
        (json.dumps({**HELLO, "messages": [0] * 100_000}).encode(), 400),
    ],
    ids=["64 MB", "100,000 messages", "100,000 that are none"],
)
def test_a_body_that_is_much_too_much_is_refused_and_leaves_nothing(
    shared: Running, body: bytes, status: int
) -> None:
    assert ask(shared) == 200
    before = psutil.Process(shared.pid).memory_info().rss
    with shared.http() as http:
        headers = {"Content-Type": "application/json"}
        answer = http.post("/v1/chat/completions", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert ask(shared) == 200
    assert psutil.Process(shared.pid).memory_info().rss - before < 2 * MOST_GROWN


FORM = {"type": "json_schema", "json_schema": {"name": "far", "schema": {"$ref": "ADDRESS"}}}
PICTURE = [{"type": "image_url", "image_url": {"url": "ADDRESS"}}]


@pytest.mark.parametrize(
    "asked",
    [
        {"response_format": FORM},
        {"messages": [{"role": "user", "content": PICTURE}]},
        {"model": "ADDRESS"},
    ],
    ids=["form", "picture", "model"],
)
def test_an_address_in_a_request_is_never_visited(
    shared: Running, asked: dict[str, object]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, shared.http() as http:
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/far.json"
        body = json.dumps({**HELLO, **asked}).replace("ADDRESS", address)
        headers = {"Content-Type": "application/json"}
        answer = http.post("/v1/chat/completions", content=body, headers=headers)
        assert answer.status_code == 400, answer.text
        with pytest.raises(BlockingIOError):  # Nobody has knocked.
            listener.accept()
