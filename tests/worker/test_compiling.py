"""Forms are compiled beside the engine: who is wrong or slow harms nobody else."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from bridge.engine.constraint import Constraint
from bridge.engine.fake import FakeBackend
from bridge.engine.guidance import GuidanceCompiler
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason, JsonSchemaFormat, ResponseFormat, Sampling
from bridge.worker.compiling import LIMIT_SECONDS, THREADS, WAIT_SECONDS, CompileDesk, Draft, Drafts
from bridge.worker.messages import Submit
from tests.worker.gateway import Gateway

REGEX = ResponseFormat("regex", regex="[0-9]{3}-[a-z]{2}")
BAD = ResponseFormat("lark", grammar="start: foo")


def schema(told: object) -> ResponseFormat:
    return ResponseFormat("json_schema", json_schema=JsonSchemaFormat(schema=told))


class _Slow:
    """A compiler that waits until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.checked: list[str] = []
        self._real = GuidanceCompiler(FakeBackend().token_table)

    def compile(self, lark: str) -> Constraint:
        self.begun.release()
        assert self.go.wait(60)
        if lark == "bug":
            raise ValueError("a bug")
        return self._real.compile(lark)

    def check(self, lark: str) -> None:
        self.checked.append(lark)
        self._real.check(lark)


def _drafts(lark: str | None) -> Drafts:
    if lark is not None:
        yield Draft(lark)


class _Bench:
    """A desk, its slow compiler, and a clock that a test turns."""

    def __init__(self) -> None:
        self.now = 0.0
        self.compiler = _Slow()
        self.desk = CompileDesk(self.compiler, lambda: self.now)

    def order(
        self, job: str, lark: str | None = 'start: "a"', form: ResponseFormat | None = REGEX
    ) -> None:
        submit = Submit(job=job, messages=[], sampling=Sampling(), form=form)
        self.desk.order(submit, _drafts(lark))

    def wait(self, count: int) -> dict[str, Constraint | HearsayError | None]:
        found: dict[str, Constraint | HearsayError | None] = {}
        pause = threading.Event()
        for _ in range(6000):
            found.update({submit.job: outcome for submit, outcome in self.desk.finished()})
            if len(found) == count:
                return found
            pause.wait(0.01)
        raise AssertionError(f"only {found}")


@pytest.fixture
def bench() -> Iterator[_Bench]:
    bench = _Bench()
    yield bench
    bench.compiler.go.set()


def test_a_form_comes_back_compiled_or_with_what_is_wrong(bench: _Bench) -> None:
    bench.compiler.go.set()
    bench.order("good")
    bench.order("free", None)
    bench.order("bad", "start: foo", BAD)
    bench.order("bare", "start: foo", None)
    bench.order("bug", "bug")
    found = bench.wait(5)
    assert not bench.desk.busy
    assert found["free"] is None
    assert not isinstance(found["good"], HearsayError)
    errors = {job: each for job, each in found.items() if isinstance(each, HearsayError)}
    assert {job: (each.code, each.param) for job, each in errors.items()} == {
        "bad": (ErrorCode.INVALID_REQUEST, "response_format.grammar"),
        "bare": (ErrorCode.INVALID_REQUEST, None),
        "bug": (ErrorCode.INTERNAL, None),
    }


def test_a_form_that_takes_too_long_is_answered_and_holds_up_no_other(bench: _Bench) -> None:
    for number in range(THREADS):
        bench.order(f"slow{number}")
        bench.compiler.begun.acquire()
    bench.order("late")
    bench.now = LIMIT_SECONDS / 2
    bench.order("next", form=None)
    assert list(bench.desk.finished()) == []
    bench.now = LIMIT_SECONDS + 0.1
    found = {submit.job: outcome for submit, outcome in bench.desk.finished()}
    assert set(found) == {"slow0", "slow1"}
    assert all("too long" in str(each) for each in found.values())
    bench.now = WAIT_SECONDS + 0.1
    [(submit, error)] = bench.desk.finished()
    assert submit.job == "late"
    assert isinstance(error, HearsayError)
    assert (error.code, error.param) == (ErrorCode.BUSY, None)
    bench.compiler.go.set()
    assert not isinstance(bench.wait(1)["next"], HearsayError)
    bench.order("good")
    assert not isinstance(bench.wait(1)["good"], HearsayError)


class _Trials:
    """A job whose own grammar fails, and that tries others then."""

    def __init__(self, bench: _Bench, trials: list[str], seconds: float) -> None:
        self._bench = bench
        self._trials = trials
        self._seconds = seconds
        self.told: list[str] = []

    def drafts(self) -> Drafts:
        with pytest.raises(HearsayError):
            yield Draft("start: foo")
        for trial in self._trials:
            self._bench.now += self._seconds
            try:
                yield Draft(trial, trial=True)
            except HearsayError:
                self.told.append(trial)
        yield Draft('start: "a"')


def test_what_was_tried_once_is_known(bench: _Bench) -> None:
    bench.compiler.go.set()
    for job in ("first", "again"):
        asked = _Trials(bench, ['start: "b"', "start: bar"], 0.0)
        submit = Submit(job=job, messages=[], sampling=Sampling(), form=REGEX)
        bench.desk.order(submit, asked.drafts())
        assert not isinstance(bench.wait(1)[job], HearsayError)
        assert asked.told == ["start: bar"]
    assert bench.compiler.checked == ['start: "b"', "start: bar"]


def test_a_job_of_many_drafts_has_one_time_for_them_all(bench: _Bench) -> None:
    bench.compiler.go.set()
    tools: list[Any] = [{"type": "function", "function": {"name": "door"}}]
    asked = _Trials(bench, [f'start: "{number}"' for number in range(128)], LIMIT_SECONDS / 4)
    submit = Submit(job="many", messages=[], sampling=Sampling(), tools=tools)
    bench.desk.order(submit, asked.drafts())
    failed = bench.wait(1)["many"]
    assert isinstance(failed, HearsayError)
    assert (failed.code, failed.param) == (ErrorCode.INVALID_REQUEST, "tools")
    assert "too long" in failed.message


def test_a_job_can_be_taken_back_while_its_form_is_compiled(bench: _Bench) -> None:
    bench.order("a")
    bench.order("b")
    taken = bench.desk.cancel("a")
    assert taken
    assert taken.job == "a"
    assert bench.desk.cancel("a") is None
    bench.compiler.go.set()
    assert set(bench.wait(1)) == {"b"}


def test_a_job_whose_time_is_over_waits_no_longer(bench: _Bench) -> None:
    for job, deadline, first in (("late", 1.0, None), ("slow", None, 2.0), ("on", None, None)):
        submit = Submit(
            job=job, messages=[], sampling=Sampling(), deadline=deadline, first_token_by=first
        )
        bench.desk.order(submit, _drafts('start: "a"'))
    assert list(bench.desk.expired()) == []
    bench.now = 1.0
    assert [submit.job for submit in bench.desk.expired()] == ["late"]
    bench.now = 2.0
    assert [submit.job for submit in bench.desk.expired()] == ["slow"]
    bench.now = 0.0
    bench.compiler.go.set()
    assert set(bench.wait(1)) == {"on"}


async def test_a_form_that_compiles_for_too_long_ends_with_its_job() -> None:
    async with Gateway() as gateway:
        form = schema({"enum": [f"{n}" for n in range(9000)]})
        gateway.submit("a", form=form, choices=2, deadline=time.monotonic() + 0.01)
        await gateway.all_over()
        assert {each.reason for each in gateway.finished("a")} == {FinishReason.EXPIRED}


async def test_a_held_job_and_a_free_one_run_side_by_side() -> None:
    async with Gateway() as gateway:
        gateway.submit("free")
        gateway.submit("held", form=REGEX, choices=2)
        await gateway.all_over()
        assert len(gateway.text("free").split()) > 5
        for index in range(2):
            assert re.fullmatch("[0-9]{3}-[a-z]{2}", gateway.text("held", index))
        assert {each.reason for each in gateway.finished("held")} == {FinishReason.STOP}


async def test_a_form_that_does_not_compile_fails_before_any_token() -> None:
    async with Gateway() as gateway:
        gateway.submit("bad", form=BAD)
        gateway.submit("refused", form=schema({"contains": {"type": "null"}}))
        await gateway.all_over()
        for job, code in (
            ("bad", ErrorCode.INVALID_REQUEST),
            ("refused", ErrorCode.UNSUPPORTED),
        ):
            failed = gateway.failed(job)
            assert failed
            assert failed.code is code
            assert (failed.param or "").startswith("response_format.")
            assert gateway.outputs[job] == [failed]


async def test_a_job_that_is_cancelled_while_it_waits_ends_as_cancelled() -> None:
    async with Gateway() as gateway:
        gateway.submit("a", form=schema({"enum": [f"{n}" for n in range(9000)]}), choices=2)
        gateway.supervisor.cancel("a")
        await gateway.all_over()
        assert {each.reason for each in gateway.finished("a")} == {FinishReason.CANCELLED}


async def test_a_reply_goes_on_in_its_form_after_its_worker_died() -> None:
    form = ResponseFormat("regex", regex="[0-9]{120}-[a-z]{2}")
    async with Gateway(fake_step_ms=2.0) as gateway:
        gateway.submit("a", form=form)
        await gateway.until(partial(_has_written, gateway, 10))
        child = gateway.supervisor._child
        assert child
        child.kill()
        await gateway.all_over()
        assert gateway.supervisor.restarts == 1
        assert re.fullmatch("[0-9]{120}-[a-z]{2}", gateway.text("a"))


def _has_written(gateway: Gateway, tokens: int) -> bool:
    return len(gateway.ids("a")) >= tokens


HOSTILE = {
    "recursion": schema({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]}),
    "alternatives": ResponseFormat(
        "lark", grammar="start: " + "|".join('"a"' for _ in range(10000))
    ),
    "regex": ResponseFormat("regex", regex="((a{100}){100}){100}"),
    "properties": schema({"properties": {f"p{n}": True for n in range(3000)}}),
    "numbers": schema({"type": "integer", "multipleOf": 99991}),
    "signs": ResponseFormat("lark", grammar="start: A\nA: " + " & ".join(["/.*a.*/"] * 30)),
    "nesting": ResponseFormat("gbnf", grammar="root ::= " + "(" * 3000),
    "enum": schema({"enum": ["x" * 100 + str(n) for n in range(10000)]}),
}


async def test_hostile_forms_are_answered_while_others_go_on() -> None:
    async with Gateway(context=4096) as gateway:
        for name, form in HOSTILE.items():
            gateway.submit(name, form=form, max_tokens=2)
        gateway.submit("free", max_tokens=200, ignore_eos=True)
        await gateway.all_over()
        assert gateway.supervisor.restarts == 0
        assert gateway.finished("free")[0].completion_tokens == 200
        for name in HOSTILE:
            failed = gateway.failed(name)
            assert failed is None or failed.code is ErrorCode.INVALID_REQUEST, name


async def test_a_json_reply_of_the_double_is_json() -> None:
    person = {
        "type": "object",
        "properties": {"mood": {"enum": ["glad", "sad"]}, "old": {"type": "boolean"}},
        "required": ["mood", "old"],
    }
    async with Gateway() as gateway:
        gateway.submit("a", form=schema(person))
        await gateway.all_over()
        assert set(json.loads(gateway.text("a"))) == {"mood", "old"}
