"""Our own protocol with a real sidecar: conversations, a worker that dies, the end, the lease."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgpack
import psutil
import pytest
import websockets.sync.client
import zmq
from websockets.exceptions import ConnectionClosed

from tests.gateway.children import PATIENCE_SECONDS, Running, gone, hearsay, sidecar, wait_until

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")

REQUEST: dict[str, object] = {
    "model": "hearsay/tavern",
    "messages": [{"role": "user", "content": "Hello"}],
    "stream": True,
}
LAST = {"job_done", "job_failed"}
ZEROMQ = ("--zeromq", "tcp://127.0.0.1:*")


class Wire(ABC):
    """A client of a sidecar, over either transport."""

    def __init__(self, one: Running) -> None:
        self.one = one
        self.session = ""

    @abstractmethod
    def send(self, document: dict[str, object]) -> None:
        """Say one message."""

    @abstractmethod
    def hear(self) -> dict[str, Any]:
        """Return the next message."""

    def say(self, tag: str, **fields: object) -> None:
        self.send({"type": tag, **fields})

    def hello(self, **fields: object) -> dict[str, Any]:
        self.say("hello", protocol=1, token=self.one.token, **fields)
        welcome = self.hear()
        self.session = welcome.get("session", "")
        return welcome

    def submit(self, job: str = "j", **request: object) -> None:
        self.say("submit_chat", job=job, request={**REQUEST, **request})

    def replies(self, *jobs: str, **begun: str) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return each job's text and last message; `begun` is what of it has come already."""
        texts = {**dict.fromkeys(jobs, ""), **begun}
        over: dict[str, tuple[str, dict[str, Any]]] = {}
        while len(over) < len(jobs):
            message = self.hear()
            job = message.get("job", "")
            assert job not in over
            if message["type"] == "job_chunk":
                texts[job] += message["text"]
                assert message["offset"] == len(texts[job])
            elif message["type"] in LAST:
                over[job] = texts[job], message
        return over


class WebSocket(Wire):
    """Over WebSocket."""

    def __init__(self, one: Running, socket: websockets.sync.client.ClientConnection) -> None:
        super().__init__(one)
        self.socket = socket

    def send(self, document: dict[str, object]) -> None:
        self.socket.send(json.dumps(document))

    def hear(self) -> dict[str, Any]:
        return dict(json.loads(self.socket.recv(PATIENCE_SECONDS)))


class ZeroMq(Wire):
    """Over ZeroMQ."""

    def __init__(self, one: Running, socket: zmq.Socket[bytes]) -> None:
        super().__init__(one)
        self.socket = socket

    def send(self, document: dict[str, object]) -> None:
        self.socket.send(msgpack.packb(document))

    def hear(self) -> dict[str, Any]:
        assert self.socket.poll(int(PATIENCE_SECONDS * 1000))
        return dict(msgpack.unpackb(self.socket.recv()))


@contextmanager
def over_websocket(one: Running) -> Iterator[Wire]:
    url = f"{one.url.replace('http', 'ws')}/v1/bridge"
    with websockets.sync.client.connect(url, compression=None, proxy=None) as socket:
        yield WebSocket(one, socket)


@contextmanager
def over_zeromq(one: Running) -> Iterator[Wire]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.DEALER)
    endpoints = one.ready["zeromq"]
    assert isinstance(endpoints, list)
    socket.connect(endpoints[0])
    try:
        yield ZeroMq(one, socket)
    finally:
        context.destroy(0)


BOTH = pytest.mark.parametrize("over", [over_websocket, over_zeromq])


@BOTH
def test_a_conversation_with_a_worker(tmp_path: Path, over: Any) -> None:
    with sidecar(tmp_path, *ZEROMQ) as one, over(one) as wire:
        assert wire.hello()["features"]
        wire.submit("warm-up", max_tokens=4)
        assert wire.replies("warm-up")["warm-up"][1]["type"] == "job_done"
        wire.submit("a", temperature=0)
        wire.submit("b", temperature=0, stream=False)
        replies = wire.replies("a", "b")
        text, done = replies["a"]
        assert text
        assert done["response"]["choices"][0]["message"]["content"] == text
        other = replies["b"][1]["response"]
        assert other["choices"][0]["message"]["content"] == text
        assert other["usage"]["prompt_tokens"] == done["response"]["usage"]["prompt_tokens"]


@posix
@BOTH
def test_the_text_goes_on_when_the_worker_is_killed(tmp_path: Path, over: Any) -> None:
    whole = {"temperature": 0, "ignore_eos": True, "max_tokens": 120}
    with sidecar(tmp_path, *ZEROMQ, HEARSAY_FAKE_STEP_MS="10") as one, over(one) as wire:
        wire.hello()
        wire.submit("before", **whole)
        expected, _ = wire.replies("before")["before"]
        jobs = [f"job_{number}" for number in range(8)]
        for job in jobs:
            wire.submit(job, **whole)
        while (first := wire.hear())["type"] != "job_chunk":
            pass
        os.kill(one.worker(), signal.SIGKILL)
        replies = wire.replies(*jobs, **{first["job"]: first["text"]})
        assert {text for text, _ in replies.values()} == {expected}
        assert {last["type"] for _, last in replies.values()} == {"job_done"}
        wire.say("get_status")
        while (status := wire.hear())["type"] != "status":
            pass
        assert status["models"][0]["restarts"] == 1


@posix
@BOTH
def test_a_signal_gives_every_job_its_last_message_and_says_goodbye(
    tmp_path: Path, over: Any
) -> None:
    with sidecar(tmp_path, *ZEROMQ, HEARSAY_FAKE_STEP_MS="10") as one, over(one) as wire:
        wire.hello()
        one.wait_loaded()
        for job in ("a", "b"):
            wire.submit(job, ignore_eos=True, max_tokens=100_000 if job == "a" else 90_000)
        started = 0
        while started < 2:
            started += wire.hear()["type"] == "job_started"
        one.process.terminate()
        for _, last in wire.replies("a", "b").values():
            assert (last["type"], last["code"]) == ("job_failed", "shutting_down")
        while (message := wire.hear())["type"] == "model_changed":
            pass
        assert (message["type"], message["code"]) == ("goodbye", "shutting_down")
        assert one.process.wait(PATIENCE_SECONDS) == 0


@posix
def test_a_game_that_is_killed_leaves_its_jobs_to_who_resumes(tmp_path: Path) -> None:
    with sidecar(tmp_path, HEARSAY_FAKE_STEP_MS="5") as one:
        with over_websocket(one) as wire:
            wire.hello()
            wire.submit("j", ignore_eos=True, max_tokens=200, temperature=0)
            while (first := wire.hear())["type"] != "job_chunk":
                pass
            assert isinstance(wire, WebSocket)
            wire.socket.socket.close()
        with over_websocket(one) as again:
            seen = [{"job": "j", "offsets": [first["offset"]]}]
            assert again.hello(resume={"session": wire.session, "seen": seen})["resumed"]
            text = first["text"]
            while (message := again.hear())["type"] not in LAST:
                if message["type"] == "job_chunk":
                    text += message["text"]
                    assert message["offset"] == len(text)
            assert message["response"]["choices"][0]["message"]["content"] == text


@BOTH
def test_a_session_holds_a_sidecar_and_its_memory_does_not(tmp_path: Path, over: Any) -> None:
    with sidecar(tmp_path, *ZEROMQ, HEARSAY_LEASE_SECONDS="1") as one:
        with over(one) as wire:
            wire.hello()
            one.wait_loaded()
            worker = one.worker()
            with pytest.raises(subprocess.TimeoutExpired):
                one.process.wait(3)
            wire.say("goodbye")
            while wire.hear()["type"] != "goodbye":
                pass
        assert one.process.wait(PATIENCE_SECONDS) == 0
        wait_until(lambda: gone(worker), "the worker's end", 2)


def test_a_dropped_session_does_not_outlast_the_lease(tmp_path: Path) -> None:
    with sidecar(tmp_path, HEARSAY_LEASE_SECONDS="1") as one:
        with over_websocket(one) as wire:
            wire.hello()
        assert one.process.wait(PATIENCE_SECONDS) == 0


def test_models_are_loaded_and_unloaded_by_a_client(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one, over_websocket(one) as wire:
        wire.hello()
        one.wait_loaded()
        worker = one.worker()
        wire.say("unload_model", model="hearsay/tavern")
        heard = states_until(wire, "stopped")
        wait_until(lambda: gone(worker), "the worker's end", 5)
        wire.say("load_model", model="hearsay/tavern")
        heard += states_until(wire, "ready")
        assert "loading" in heard
        wire.submit(max_tokens=4)
        assert wire.replies("j")["j"][1]["type"] == "job_done"


def states_until(wire: Wire, wanted: str) -> list[str]:
    states: list[str] = []
    while wanted not in states:
        message = wire.hear()
        assert message["type"] == "model_changed"
        states.append(message["model"]["state"])
    return states


def test_the_gateway_stays_small_with_both_transports(tmp_path: Path) -> None:
    with sidecar(tmp_path, *ZEROMQ) as one, over_websocket(one) as wire, over_zeromq(one) as other:
        for each in (wire, other):
            each.hello()
            each.submit(max_tokens=8)
            each.replies("j")
        assert psutil.Process(one.pid).memory_info().rss < 80 << 20


def test_an_endpoint_that_is_taken_is_a_plain_sentence(tmp_path: Path) -> None:
    with sidecar(tmp_path, *ZEROMQ) as one:
        endpoints = one.ready["zeromq"]
        assert isinstance(endpoints, list)
        done = hearsay(tmp_path, "serve", "--port", "0", "--zeromq", endpoints[0])
        assert done.returncode != 0
        assert "--zeromq" in done.stderr
        assert "Traceback" not in done.stderr


def test_the_key_is_made_once_and_told(tmp_path: Path) -> None:
    key = tmp_path / "key"
    arguments = (*ZEROMQ, "--zeromq-key-file", str(key))
    with sidecar(tmp_path, *arguments) as one:
        first = str(one.ready["zeromq_key"])
        assert len(first) == 40
        assert key.read_text().strip() != first
    with sidecar(tmp_path, *arguments) as one:
        assert one.ready["zeromq_key"] == first


@posix
def test_a_stranger_of_the_protocol_harms_nobody(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one, over_websocket(one) as good:
        good.hello()
        for _ in range(20):
            with over_websocket(one) as bad, contextlib.suppress(ConnectionClosed):
                assert isinstance(bad, WebSocket)
                bad.socket.send(os.urandom(100))
                assert bad.hear()["type"] == "goodbye"
        good.submit(max_tokens=4)
        assert good.replies("j")["j"][1]["type"] == "job_done"
