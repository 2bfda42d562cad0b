"""The other end: what is told of each job, however it is read, and what leaving does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import ErrorCode
from bridge.jobs.peer import Peer
from bridge.jobs.service import Service
from bridge.protocol import FinishReason, TokenLogprob
from bridge.wire.openai import ChatCompletion
from bridge.worker.messages import CallWritten, Wrote
from tests.jobs.scripted_host import ScriptedHost


class Client:
    """A peer with a scripted host on one side and this test on the other."""

    def __init__(self) -> None:
        self.host = ScriptedHost()
        self.service = Service({"m": self.host})
        self.wakes = 0
        self.peer = Peer(self.service, ChatCompletion(0), self._wake)

    def ask(self, **fields: object) -> None:
        messages = [{"role": "user", "content": "Hello"}]
        self.peer.receive_data(json.dumps({"model": "m", "messages": messages, **fields}).encode())

    def read(self) -> str:
        return b"".join(self.peer.data_to_send()).decode()

    def texts(self) -> list[str]:
        """Return the text of each content chunk that waits to be sent."""
        return [delta["content"] for delta in self.deltas() if "content" in delta]

    def deltas(self) -> list[dict[str, Any]]:
        """Return what is new in each chunk that waits to be sent."""
        return [choice["delta"] for choice in self.choices()]

    def choices(self) -> list[dict[str, Any]]:
        """Return the choice of each chunk that waits to be sent."""
        frames = [line.removeprefix("data: ") for line in self.read().split("\n\n")]
        return [json.loads(frame)["choices"][0] for frame in frames if frame.startswith("{")]

    def _wake(self) -> None:
        self.wakes += 1


@pytest.fixture
def client() -> Client:
    return Client()


def test_a_plain_answer_is_sent_at_the_end(client: Client) -> None:
    client.ask()
    client.host.begin()
    client.host.write("Hello")
    assert client.read() == ""
    assert client.service.jobs_open == 1
    client.host.finish()
    assert json.loads(client.read())["choices"][0]["message"]["content"] == "Hello"
    assert client.peer.idle
    assert client.read() == ""


def test_nothing_is_sent_before_the_job_has_started(client: Client) -> None:
    client.ask(stream=True)
    assert client.read() == ""
    client.host.begin()
    assert '"role":"assistant"' in client.read()
    assert client.read() == ""


def test_what_was_not_read_is_joined(client: Client) -> None:
    client.ask(stream=True)
    client.host.begin()
    client.host.write("Once")
    assert client.texts() == ["Once"]
    for word in (" upon", " a", " time"):
        client.host.write(word)
    assert client.texts() == [" upon a time"]
    assert client.texts() == []


def test_each_choice_is_told_apart(client: Client) -> None:
    client.ask(stream=True, n=2)
    client.host.begin()
    client.host.write("zero", 0)
    client.host.write("one", 1)
    assert client.texts() == ["zero", "one"]
    client.host.finish(index=0)
    first = client.read()
    assert '"finish_reason":"stop"' in first
    assert "[DONE]" not in first
    client.host.finish(index=1, reason=FinishReason.LENGTH)
    last = client.read()
    assert '"finish_reason":"stop"' not in last
    assert '"finish_reason":"length"' in last
    assert last.endswith("data: [DONE]\n\n")


def test_text_from_before_a_failure_is_still_told(client: Client) -> None:
    client.ask(stream=True)
    client.host.begin()
    client.host.write("half")
    client.host.fail(ErrorCode.WORKER_CRASHED, "It crashed")
    told = client.read()
    assert told.index("half") < told.index("It crashed")
    assert told.endswith("data: [DONE]\n\n")
    assert client.peer.idle


def test_a_failure_before_the_start_is_the_only_message(client: Client) -> None:
    client.ask(stream=True)
    client.host.fail(ErrorCode.CONTEXT_EXCEEDED, "9000 tokens do not fit into 8192")
    assert json.loads(client.read())["error"]["code"] == "context_length_exceeded"
    assert client.peer.idle


def test_a_message_that_makes_no_sense_is_answered_and_starts_nothing(client: Client) -> None:
    client.peer.receive_data(b"\xff")
    assert "error" in json.loads(client.read())
    assert client.peer.idle
    assert client.host.submits == []


def test_an_unknown_model_is_answered(client: Client) -> None:
    client.ask(model="nope")
    assert json.loads(client.read())["error"]["param"] == "model"


def test_leaving_cancels_what_runs_and_is_heard_no_more(client: Client) -> None:
    client.ask(stream=True)
    client.host.begin()
    wakes = client.wakes
    client.peer.detach()
    assert client.host.cancelled == [client.host.job]
    assert client.peer.idle
    assert client.read() == ""
    assert client.wakes == wakes
    assert client.service.jobs_open == 0


def test_leaving_after_the_end_cancels_nothing(client: Client) -> None:
    client.ask()
    client.host.finish()
    client.read()
    client.peer.detach()
    assert client.host.cancelled == []


def test_thinking_and_calls_are_told_as_they_are_written(client: Client) -> None:
    client.ask(stream=True, tools=[{"type": "function", "function": {"name": "sing"}}])
    client.host.begin()
    client.read()
    news = [CallWritten(0, "sing", '{"a'), CallWritten(1, "sing", "")]
    client.host._say(Wrote(client.host.job, 0, [1], "", "Hm", news))
    told = client.deltas()
    assert told[0] == {"reasoning_content": "Hm"}
    calls = [delta["tool_calls"][0] for delta in told[1:]]
    assert [(call["index"], call["function"]) for call in calls] == [
        (0, {"name": "sing", "arguments": ""}),
        (0, {"arguments": '{"a'}),
        (1, {"name": "sing", "arguments": ""}),
    ]
    assert calls[0]["id"] != calls[2]["id"]
    client.host._say(Wrote(client.host.job, 0, [1], "", "", [CallWritten(0, None, '": 1}')]))
    more = [{"index": 0, "function": {"arguments": '": 1}'}}]
    assert client.deltas() == [{"tool_calls": more}]
    assert client.deltas() == []


def test_probabilities_come_with_their_text(client: Client) -> None:
    client.ask(stream=True, logprobs=True)
    client.host.begin()
    client.read()
    for letter in "ab":
        score = TokenLogprob(token=letter, logprob=-1.0, bytes=[ord(letter)], top_logprobs=[])
        client.host._say(Wrote(client.host.job, 0, [1], letter, "", [], [score], [True]))
    [choice] = client.choices()
    assert choice["delta"] == {"content": "ab"}
    assert [each["token"] for each in choice["logprobs"]["content"]] == ["a", "b"]
