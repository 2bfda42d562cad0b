"""A server that answers with what a test wrote down, faults included."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CUT = "\0"
"""At the end of a body: the connection breaks there, before what was promised."""

Pages = dict[str, tuple[int, str]]


def event(**chunk: object) -> str:
    """Return a chunk of a stream."""
    return f"data: {json.dumps(chunk)}\n\n"


def delta(text: str, finish: str | None = None) -> str:
    """Return a chunk with text."""
    return event(choices=[{"index": 0, "delta": {"content": text}, "finish_reason": finish}])


@contextmanager
def endless() -> Iterator[tuple[str, threading.Event]]:
    """Write one reply for ever; yields the address and what is set when the reader has left."""
    left = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            try:
                while not left.wait(0.01):
                    self.wfile.write(delta(" word").encode())
            except OSError:
                left.set()

        def log_message(self, *arguments: object) -> None:
            pass

    with _running(Handler) as url:
        yield url, left


@contextmanager
def scripted(pages: Pages) -> Iterator[str]:
    """Answer every request to a path with its status and body; yields the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = pages.get(self.path, (404, "{}"))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.removesuffix(CUT).encode())

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *arguments: object) -> None:
            pass

    with _running(Handler) as url:
        yield url


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
