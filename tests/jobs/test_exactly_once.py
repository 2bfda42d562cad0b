"""F17: whatever drops and whenever, each job ends once, and its text has no gap and no overlap."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bridge.errors import ErrorCode
from bridge.protocol import FinishReason
from tests.jobs.speaker import House, Speaker

TEXT = st.text(st.sampled_from("aé日\N{CASTLE}"), min_size=1, max_size=8)
LAST = {"job_done", "job_failed"}


class Heard:
    """What a client knows of a job."""

    def __init__(self, *, stream: bool, choices: int) -> None:
        self.stream = stream
        self.texts = [""] * choices
        self.last: dict[str, Any] | None = None

    def take(self, message: dict[str, Any]) -> None:
        assert self.last is None, f"after the end: {message}"
        if message["type"] == "job_chunk":
            index = message.get("index", 0)
            assert self.stream
            assert len(self.texts[index]) + len(message["text"]) == message["offset"]
            self.texts[index] += message["text"]
        elif message["type"] in LAST:
            self.last = message


class Drops(RuleBasedStateMachine):
    """A client that may lose its connection between any two frames, and a worker that writes."""

    def __init__(self) -> None:
        super().__init__()
        self.house = House()
        self.jobs: dict[str, Heard] = {}
        self.written: dict[str, list[str]] = {}
        self.inside: dict[str, str] = {}  # The client's name of a job -> the worker's.
        self.speaker: Speaker | None = Speaker(self.house)
        self.session = self.speaker.hello()["session"]

    def waiting(self) -> list[str]:
        return [name for name, heard in self.jobs.items() if heard.last is None]

    def read(self, most: int) -> None:
        assert self.speaker
        reading = self.speaker.connection.data_to_send()
        for _, message in zip(range(most), map(_decoded, reading), strict=False):
            if "job" in message:
                self.jobs[message["job"]].take(message)

    @precondition(lambda self: self.speaker and len(self.jobs) < 12)
    @rule(stream=st.booleans(), choices=st.integers(1, 2), arrives=st.booleans())
    def submit(self, *, stream: bool, choices: int, arrives: bool) -> None:
        assert self.speaker
        name = f"job {len(self.jobs)}"
        self.jobs[name] = Heard(stream=stream, choices=choices)
        if not arrives:  # It goes down with the connection.
            self.drop()
            return
        self.speaker.submit(name, stream=stream, n=choices)
        self.inside[name] = self.house.host.job
        self.written[name] = [""] * choices
        self.house.host.begin()

    @precondition(lambda self: self.inside)
    @rule(data=st.data(), text=TEXT)
    def write(self, data: st.DataObject, text: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.inside)))
        index = data.draw(st.integers(0, len(self.written[name]) - 1))
        self.written[name][index] += text
        self.house.host.write(text, index, self.inside[name])

    @precondition(lambda self: self.inside)
    @rule(data=st.data(), fails=st.booleans())
    def end(self, data: st.DataObject, *, fails: bool) -> None:
        name = data.draw(st.sampled_from(sorted(self.inside)))
        inside = self.inside.pop(name)
        if fails:
            self.house.host.fail(ErrorCode.WORKER_CRASHED, job=inside)
        else:
            for index in range(len(self.written[name])):
                self.house.host.finish(FinishReason.LENGTH, index, inside)

    @precondition(lambda self: self.speaker and self.inside)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        assert self.speaker
        name = data.draw(st.sampled_from(sorted(self.inside)))
        del self.inside[name]
        self.speaker.say("cancel_job", job=name)

    @precondition(lambda self: self.speaker)
    @rule(most=st.integers(0, 6))
    def hear(self, most: int) -> None:
        self.read(most)

    @precondition(lambda self: self.speaker)
    @rule(unheard=st.integers(0, 4))
    def lose(self, unheard: int) -> None:
        """Drop the connection with some frames on their way."""
        assert self.speaker
        for _ in zip(range(unheard), self.speaker.connection.data_to_send(), strict=False):
            pass
        self.drop()

    @precondition(lambda self: self.speaker)
    @rule()
    def resume_beside_a_half_dead_connection(self) -> None:
        old = self.speaker
        self.come_back()
        assert old
        list(old.connection.data_to_send())  # Nothing of the session must leave here.
        old.connection.detach()

    @precondition(lambda self: self.speaker is None)
    @rule(seconds=st.integers(0, 100))
    def come_back(self, seconds: int = 0) -> None:
        self.house.clock.now += seconds
        self.house.sessions.sweep()
        seen = [{"job": name, "offsets": list(map(len, self.jobs[name].texts))}
                for name in self.waiting()]  # fmt: skip
        self.speaker = Speaker(self.house)
        resume = {"session": self.session, "seen": seen}
        self.speaker.say("hello", protocol=1, resume=resume)
        welcome = _decoded(next(self.speaker.connection.data_to_send()))
        assert welcome["resumed"] is True
        for name in welcome.get("lost", []):
            assert name not in self.written, "a job that arrived is never lost"
            del self.jobs[name]

    @invariant()
    def the_text_is_a_beginning_of_what_was_written(self) -> None:
        for name, heard in self.jobs.items():
            for index, text in enumerate(heard.texts):
                written = self.written[name][index] if name in self.written else ""
                assert written.startswith(text)

    def teardown(self) -> None:
        """In the end everything is over and complete."""
        if self.speaker is None:
            self.come_back()
        for name, inside in self.inside.items():
            for index in range(len(self.written[name])):
                self.house.host.finish(FinishReason.STOP, index, inside)
        self.read(10_000)
        for name, heard in self.jobs.items():
            assert heard.last, f"{name} has no end"
            if heard.stream:
                assert heard.texts == self.written[name]
            if heard.last["type"] == "job_done":
                choices = heard.last["response"]["choices"]
                assert [each["message"]["content"] for each in choices] == self.written[name]
        assert self.speaker
        assert self.speaker.hear() == []
        assert self.house.service.jobs_open == 0

    def drop(self) -> None:
        assert self.speaker
        self.speaker.connection.detach()
        self.speaker = None


def _decoded(frame: bytes) -> dict[str, Any]:
    return dict(json.loads(frame))


TestDrops = Drops.TestCase
TestDrops.settings = settings(deadline=None, max_examples=150, stateful_step_count=40)
