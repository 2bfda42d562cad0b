"""A constraint on calls begins anew with each call of a reply, where the call began."""

from __future__ import annotations

from bridge.chat.calls import HERMES
from bridge.chat.flow import ReplyFlow
from bridge.chat.splitter import Splitter
from bridge.worker.calling import CallConstraint


class Counted:
    """Remembers what it accepted; it is finished after three."""

    owed = True

    def __init__(self) -> None:
        self.accepted: list[int] = []

    @property
    def finished(self) -> bool:
        return len(self.accepted) == 3

    def allowed(self) -> bytes:
        return bytes(self.accepted)

    def accept(self, token: int) -> None:
        self.accepted.append(token)

    def copy(self) -> Counted:
        return Counted()


def held() -> tuple[ReplyFlow, CallConstraint]:
    flow = ReplyFlow(Splitter(form=HERMES, tools={"sing": {}}), waits=True)
    return flow, CallConstraint(Counted(), flow, lambda text: list(text.encode()))


def test_each_call_has_its_own() -> None:
    flow, constraint = held()
    flow.push(6, b"<tool_call>")
    constraint.accept(7)
    constraint.accept(8)
    assert constraint.allowed() == bytes([6, 7, 8])
    flow.push(7, b'{"name": "sing", "arguments": {}}')
    flow.push(8, b"</tool_call>")
    flow.push(9, b"<tool_call>")
    assert constraint.allowed() == bytes([9])
    assert constraint.copy().allowed() == bytes([9])


def test_what_came_with_a_calls_first_sign_is_told_too() -> None:
    flow, constraint = held()
    flow.push(1, b"Ho <t")
    flow.push(2, b"ool")
    assert constraint.allowed() == b"<t" + bytes([2])


def test_a_reply_is_over_where_only_its_end_can_follow_a_call() -> None:
    flow, constraint = held()
    finished = [constraint.finished]
    flow.push(6, b"<tool_call>")
    for token in (7, 8):
        constraint.accept(token)
        finished.append(constraint.finished)
    flow.push(8, b'{"name": "sing", "arguments": {}}</tool_call>')
    assert [*finished, constraint.finished] == [False, False, True, False]
