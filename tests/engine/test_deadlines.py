"""Who is too late, or will be, ends at once: his time is somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.engine.backend import Decoded
from bridge.engine.batch import Batch
from bridge.engine.fake import FakeBackend
from bridge.protocol import FinishReason
from tests.engine.machine import Machine, machine


class Slow(FakeBackend):
    """Takes a tenth of a second a token."""

    machine: Machine

    def decode(self, batch: Batch) -> Decoded:
        self.machine.now += len(batch) / 10
        return super().decode(batch)


@pytest.fixture
def slow() -> Machine:
    backend = Slow(slots=1, batch_tokens=32)
    one = backend.machine = Machine(backend, chunk_tokens=32)
    one.add("measured", "m" * 32, max_tokens=1)
    one.run()
    return one


def test_who_comes_too_late_expires_and_keeps_what_was_written() -> None:
    one = machine()
    one.add("talk", "t" * 9, deadline=10.0, ignore_eos=True, max_tokens=300)
    one.steps(4)
    one.now = 10.0
    one.run()
    assert one.reasons["talk", 0] is FinishReason.EXPIRED
    assert one.written("talk") > 0


@pytest.mark.parametrize("what", ["first_token_by", "deadline"])
def test_who_cannot_make_it_expires_at_once(slow: Machine, what: str) -> None:
    hopeless: dict[str, Any] = {what: slow.now + 6.0}
    possible: dict[str, Any] = {what: slow.now + 8.0}
    slow.add("hopeless", "h" * 64, **hopeless)
    slow.add("possible", "p" * 64, **possible, max_tokens=1)
    before = slow.backend.read_tokens
    slow.run()
    assert slow.reasons["hopeless", 0] is FinishReason.EXPIRED
    assert slow.reasons["possible", 0] is FinishReason.LENGTH
    assert slow.backend.read_tokens == before + 64


def test_what_is_remembered_need_not_be_read_in_time(slow: Machine) -> None:
    slow.add("again", "m" * 32, first_token_by=slow.now + 0.5, max_tokens=1)
    slow.run()
    assert slow.reasons["again", 0] is FinishReason.LENGTH


def test_the_prompts_that_are_read_before_count_as_well(slow: Machine) -> None:
    slow = Machine(backend := Slow(slots=2, batch_tokens=32), chunk_tokens=32)
    backend.machine = slow
    slow.add("measured", "m" * 32, max_tokens=1)
    slow.run()
    slow.add("first", "f" * 64, max_tokens=1)
    slow.step()
    slow.add("second", "s" * 32, first_token_by=slow.now + 4.0, max_tokens=1)
    slow.run()
    assert slow.reasons["second", 0] is FinishReason.EXPIRED


def test_what_another_reads_for_both_counts_once(slow: Machine) -> None:
    slow = Machine(backend := Slow(slots=2, batch_tokens=32), chunk_tokens=32)
    backend.machine = slow
    slow.add("measured", "m" * 32, max_tokens=1)
    slow.run()
    slow.add("first", "s" * 64, max_tokens=1)
    slow.add("second", "s" * 64, first_token_by=slow.now + 8.0, max_tokens=1)
    slow.run()
    assert slow.reasons["second", 0] is FinishReason.LENGTH


def test_a_reply_that_began_in_time_may_take_its_time(slow: Machine) -> None:
    slow.add("talk", "t" * 9, first_token_by=slow.now + 5.0, max_tokens=200, ignore_eos=True)
    slow.run()
    assert slow.reasons["talk", 0] is FinishReason.LENGTH
    sequence = slow.add("b", "b", first_token_by=slow.now, written=(280,), max_tokens=4)
    slow.run()
    assert sequence.reason is FinishReason.LENGTH  # It began before its worker died.
