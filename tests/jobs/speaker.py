"""A client of our own protocol that is driven by hand: no socket, no time of its own."""

from __future__ import annotations

import json
from typing import Any

from bridge.jobs.connection import Connection
from bridge.jobs.service import Service
from bridge.jobs.sessions import Sessions
from bridge.wire.frames import JsonCodec
from tests.jobs.scripted_host import ScriptedHost

MODEL = "hearsay/tavern"


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class House:
    """Everything behind the connections."""

    def __init__(self, **options: Any) -> None:
        self.clock = Clock()
        self.host = ScriptedHost()
        self.service = Service({MODEL: self.host}, {"gpt": MODEL}, clock=self.clock)
        self.sessions = Sessions(self.service, clock=self.clock, **options)


class Speaker:
    """One connection, and what came over it."""

    def __init__(self, house: House, *, token: str | None = None) -> None:
        self.house = house
        self.wakes = 0
        self.connection = Connection(house.sessions, JsonCodec(), self._wake, token=token)

    def say(self, tag: str, **fields: object) -> None:
        self.connection.receive_data(json.dumps({"type": tag, **fields}).encode())

    def hear(self) -> list[dict[str, Any]]:
        """Return the messages that are due."""
        return [json.loads(frame) for frame in self.connection.data_to_send()]

    def one(self) -> dict[str, Any]:
        """Return the one message that is due."""
        [message] = self.hear()
        return message

    def hello(self, **fields: object) -> dict[str, Any]:
        """Say hello and return the welcome."""
        self.say("hello", protocol=1, **fields)
        return self.one()

    def resume(self, session: str, **seen: list[int]) -> list[dict[str, Any]]:
        """Say hello with what was seen of each job, and return what comes."""
        listed = [{"job": job, "offsets": offsets} for job, offsets in seen.items()]
        self.say("hello", protocol=1, resume={"session": session, "seen": listed})
        return self.hear()

    def submit(
        self, job: str = "j", *, order: dict[str, object] | None = None, **request: object
    ) -> None:
        messages = [{"role": "user", "content": "Hello"}]
        asked = {"model": MODEL, "messages": messages, "stream": True, **request}
        self.say("submit_chat", job=job, request=asked, **(order or {}))

    def _wake(self) -> None:
        self.wakes += 1


def tags(messages: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def texts(messages: list[dict[str, Any]]) -> list[str]:
    return [message["text"] for message in messages if message["type"] == "job_chunk"]
