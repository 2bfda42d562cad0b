"""Who has a port."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

import psutil
import pytest

from bridge.gateway.owner import describe_owner


@contextmanager
def answering(pages: dict[str, object]) -> Iterator[int]:
    """A program that answers these paths with JSON, and every other with 404."""

    class Handler(BaseHTTPRequestHandler):
        seen: ClassVar[list[str]] = []

        def do_GET(self) -> None:
            body = json.dumps(pages.get(self.path)).encode()
            self.send_response(200 if self.path in pages else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_ollama_is_recognised() -> None:
    with answering({"/api/version": {"version": "0.9.1"}}) as port:
        found = describe_owner(port)
    assert found is not None
    assert found.startswith("Ollama (")
    assert f"process {os.getpid()}" in found


def test_another_hearsay_is_recognised_while_it_loads() -> None:
    health = {"status": "loading", "models": [{"id": "in-memory::hearsay/tavern"}]}
    with answering({"/health": health}) as port:
        assert str(describe_owner(port)).startswith("another Hearsay (")


def test_an_unknown_program_is_named_by_its_process() -> None:
    with answering({"/health": ["ok"], "/api/version": "1"}) as port:
        assert str(describe_owner(port)).endswith(f", process {os.getpid()}")


def test_a_program_can_be_recognised_when_its_process_is_hidden(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(kind: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    with answering({"/api/version": {"version": "0.9.1"}}) as port:
        assert describe_owner(port) == "Ollama"
    with answering({}) as port:
        assert describe_owner(port) == "another program"


def test_a_port_that_nobody_has_has_no_owner() -> None:
    with answering({}) as port:
        pass
    assert describe_owner(port) is None
