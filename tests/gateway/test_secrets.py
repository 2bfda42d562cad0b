"""What no log may hold: a prompt, a reply, a token, or what a stranger wrote."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
from pathlib import Path
from typing import IO, cast

import websockets.sync.client
from websockets.exceptions import WebSocketException

from tests.gateway.children import Running, sidecar, wait_until

PROMPT = "the queen hides in the mill"
PASSWORD = "swordfish-of-the-abbot"
WORDS = (PROMPT, PASSWORD, "mill")


def _talk(one: Running) -> list[str]:
    """Ask in every way that ends well or badly; return what was written."""
    messages = [{"role": "user", "content": PROMPT}]
    bodies: list[object] = [
        {"model": "hearsay/tavern", "messages": messages, "max_tokens": 8},
        {"model": "hearsay/tavern", "messages": messages, "max_tokens": 8, "temprature": PASSWORD},
        {"model": PASSWORD, "messages": messages},
        {"model": "hearsay/tavern", "messages": messages * 5000},
        {"model": "hearsay/tavern", "messages": [{"role": PASSWORD, "content": PROMPT}]},
        {"model": "hearsay/tavern", "messages": messages, "logit_bias": {PASSWORD: 1}},
    ]
    replies = []
    with one.http() as http:
        for body in bodies:
            answer = http.post("/v1/chat/completions", json=body)
            if answer.status_code == 200:
                replies.append(answer.json()["choices"][0]["message"]["content"])
        http.post(f"/{PASSWORD}?{PASSWORD}", json={})
        http.get("/v1/models", headers={"Authorization": f"Bearer {PASSWORD}"})
        http.get("/v1/models", headers={"Host": PASSWORD})
    return replies


def _noise(one: Running) -> None:
    """Say what is no request, and what is no message."""
    for line in (f"GET /{PASSWORD}\n\n", f"\0{PASSWORD}\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", int(str(one.ready["port"])))) as stranger:
            stranger.sendall(line.encode())
            stranger.recv(1000)
    url = one.url.replace("http", "ws") + "/v1/bridge"
    wrong = {"type": "hello", "protocol": 1, "token": PASSWORD}
    for frame in (PASSWORD, json.dumps({"type": PASSWORD}), json.dumps(wrong)):
        with (
            contextlib.suppress(WebSocketException, OSError),
            websockets.sync.client.connect(url, proxy=None) as wire,
        ):
            wire.send(frame)
            wire.recv(5)


def test_a_log_holds_no_prompt_no_reply_and_no_token(tmp_path: Path) -> None:
    with sidecar(tmp_path, HEARSAY_LOG_LEVEL="debug") as one:
        one.wait_loaded()
        replies = _talk(one)
        _noise(one)
        worker = one.worker()
        os.kill(worker, getattr(signal, "SIGKILL", signal.SIGTERM))
        wait_until(lambda: "worker ended" in one.log, "the death to be logged")
        one.wait_loaded()
        replies += _talk(one)
        one.end_input()
        one.process.wait(20)
        pipes = (one.process.stdout, one.process.stderr)
        outputs = [cast(IO[bytes], pipe).read() for pipe in pipes]
        said = one.log + b"".join(outputs).decode()
    assert replies
    for secret in (*WORDS, one.token, one.token[:8], *(text for text in replies if text)):
        assert secret not in said, secret
    assert str(tmp_path) not in said
    assert "Traceback" not in said
