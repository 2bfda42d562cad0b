"""A constraint on calls begins anew with each call of a reply."""

from __future__ import annotations

from bridge.chat.calls import HERMES
from bridge.chat.flow import ReplyFlow
from bridge.chat.splitter import Splitter
from bridge.worker.calling import CallConstraint


class Counted:
    """Remembers what it accepted."""

    finished = True
    owed = True

    def __init__(self) -> None:
        self.accepted: list[int] = []

    def allowed(self) -> bytes:
        return bytes([len(self.accepted)])

    def accept(self, token: int) -> None:
        self.accepted.append(token)

    def copy(self) -> Counted:
        return Counted()


def test_each_call_has_its_own() -> None:
    flow = ReplyFlow(Splitter(form=HERMES, tools={"sing": {}}), waits=True)
    constraint = CallConstraint(Counted(), flow)
    assert not constraint.finished
    flow.push(0, b"<tool_call>")
    constraint.accept(7)
    constraint.accept(8)
    assert constraint.allowed() == b"\x02"
    flow.push(0, b'{"name": "sing", "arguments": {}}</tool_call><tool_call>')
    assert constraint.allowed() == b"\x00"
    constraint.accept(9)
    assert constraint.copy().allowed() == b"\x00"
