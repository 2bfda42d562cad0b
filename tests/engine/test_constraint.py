"""A reply that is held to a grammar: never anything else, and never on without it."""

from __future__ import annotations

import re

import pytest

from bridge.engine.constraint import Constraint, ConstraintError
from bridge.engine.events import Order
from bridge.engine.fake import END, FakeBackend
from bridge.engine.guidance import GuidanceCompiler, GuidanceConstraint
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason, Sampling
from tests.engine.driver import Driver

COMPILER = GuidanceCompiler(FakeBackend().token_table)
CODE = 'start: /[0-9]{3}-[a-z]{2}/ " gold"'


def held(lark: str = CODE) -> Constraint:
    return COMPILER.compile(lark)


def test_a_reply_matches_and_ends_where_nothing_may_follow() -> None:
    driver = Driver()
    driver.add("a", "Hello", constraint=held())
    driver.run()
    assert re.fullmatch(r"\d{3}-[a-z]{2} gold", driver.texts["a", 0])
    assert driver.reasons["a", 0] is FinishReason.STOP
    assert END not in driver.ids["a", 0]


def test_a_reply_that_may_go_on_is_ended_by_the_model() -> None:
    driver = Driver()
    driver.add("a", "Hello", constraint=held("start: (/ gold/ | / inn/)+"))
    driver.run()
    assert driver.reasons["a", 0] in (FinishReason.STOP, FinishReason.LENGTH)
    assert re.fullmatch("( gold| inn)+", driver.texts["a", 0])


def test_a_reply_that_is_cut_says_length() -> None:
    driver = Driver()
    driver.add("a", "Hello", constraint=held(), max_tokens=2)
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.LENGTH


def test_held_and_free_replies_share_a_batch() -> None:
    alone = Driver()
    alone.add("free", "Hello")
    alone.run()
    driver = Driver()
    driver.add("held", "Hello", constraint=held())
    driver.add("free", "Hello")
    driver.run()
    assert driver.texts["free", 0] == alone.texts["free", 0]
    assert re.fullmatch(r"\d{3}-[a-z]{2} gold", driver.texts["held", 0])


def test_a_reply_goes_on_in_its_grammar_after_a_crash() -> None:
    whole = Driver()
    whole.add("a", "Hello", constraint=held())
    whole.run()
    for kept in range(1, len(whole.ids["a", 0])):
        driver = Driver()
        written = tuple(whole.ids["a", 0][:kept])
        driver.add("a", "Hello", constraint=held(), written=written)
        driver.run()
        assert driver.ids["a", 0] == whole.ids["a", 0][kept:]


class _Broken:
    """A grammar that is too much work after its first token."""

    owed = True

    def __init__(self) -> None:
        self.accepted = 0
        self.finished = False

    def allowed(self) -> bytes:
        if self.accepted:
            raise ConstraintError("too complex")
        return b"\xff" * 64

    def accept(self, token: int) -> None:
        self.accepted += 1

    def copy(self) -> _Broken:
        return _Broken()


@pytest.mark.parametrize("field", ["response_format", "tools"])
def test_a_grammar_that_gives_up_ends_its_reply_and_no_other(field: str) -> None:
    driver = Driver()
    sequence = driver.add("a", "Hello", constraint=_Broken(), constraint_field=field)
    driver.add("b", "Hello")
    for _ in range(100):
        for event in driver.engine.step():
            assert event.sequence.job == "b" or not sequence.fault or event.sequence is sequence
        if driver.engine.idle:
            break
    assert sequence.fault
    assert sequence.fault.param == field
    assert sequence.reason is None
    assert sequence.written == 1


class _Thinking:
    """A flow that thinks for three tokens and then answers."""

    stopped = False
    forced: int | None = None

    def __init__(self) -> None:
        self.seen: list[int] = []

    @property
    def answering(self) -> bool:
        return len(self.seen) >= 3

    def push(self, token: int, piece: bytes) -> None:
        self.seen.append(token)

    def finish(self) -> None:
        pass


class _Unowed(GuidanceConstraint):
    """A form of what may be left out, as calls of tools are."""

    owed = False


def _ended_thinking(constraint: Constraint) -> _Thinking:
    """Run a model that would end at once, and return what read its reply."""
    driver = Driver()
    flow = _Thinking()
    driver.backend._next = lambda row, sampler: END  # type: ignore[method-assign]
    driver.engine.add(
        Order(
            job="a", index=0, prompt=[1, 2], sampling=Sampling(), seed=1, flow=flow,
            constraint=constraint,
        )
    )  # fmt: skip
    while not driver.engine.idle:
        driver.engine.step()
    return flow


def test_who_owes_an_answer_may_think_but_not_end_before_it() -> None:
    flow = _ended_thinking(held("start: /xyz/"))
    assert len(flow.seen) == 6
    assert END not in flow.seen
    assert bytes(flow.seen[3:]) == b"xyz"


def test_who_may_answer_in_a_form_and_need_not_may_end() -> None:
    assert len(_ended_thinking(_Unowed(COMPILER.compile("start: /xyz/")._matcher)).seen) <= 1


@pytest.mark.parametrize(
    ("lark", "reason"),
    [
        ("start: foo", "unknown name"),
        ("start: " + " | ".join(f'"a{n}"' for n in range(9000)), "Current row has"),
        ("start: a\na: a", "no reply can match it"),
        ("start: /[a-/", "unclosed character class"),
    ],
)
def test_what_cannot_be_compiled_is_refused(lark: str, reason: str) -> None:
    with pytest.raises(HearsayError, match=reason) as caught:
        COMPILER.compile(lark)
    assert caught.value.code is ErrorCode.INVALID_REQUEST


def test_the_same_grammar_is_compiled_once_and_its_constraints_are_apart() -> None:
    one, other = held(), held()
    one.accept(ord("1"))
    assert one.allowed() != held('start: "x"').allowed()
    other.accept(ord("2"))
    copy = other.copy()
    copy.accept(ord("3"))
    with pytest.raises(ConstraintError):
        other.accept(ord("-"))
    with pytest.raises(ConstraintError):
        other.allowed()
    for letter in b"4-ab gold":
        copy.accept(letter)
    assert copy.finished
