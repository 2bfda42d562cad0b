"""A job: its choices can be read from any place, and it ends once."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.choice import Choice
from bridge.jobs.job import Job
from bridge.jobs.log import JOIN_PIECES
from bridge.protocol import FinishReason
from bridge.worker.messages import Failed, Finished, Output, Started, Wrote


def finished(index: int = 0, reason: FinishReason = FinishReason.STOP) -> Finished:
    return Finished(
        job="j",
        index=index,
        reason=reason,
        cached_tokens=5 + index,
        completion_tokens=8,
        queued_ms=0,
        prefill_ms=0,
        decode_ms=0,
    )


def told(*outputs: Output, choices: int = 1) -> Job:
    job = Job("m", choices, lambda: None, 0.0)
    for output in outputs:
        job.receive(output)
    return job


def test_a_choice_is_read_from_any_offset() -> None:
    choice = Choice("c")
    for piece in ("Once", "", " upon", " a time"):
        choice.write(piece)
    assert choice.end == len("Once upon a time")
    assert [choice.read(offset) for offset in (0, 2, 4, 5, 16, 99)] == [
        "Once upon a time",
        "ce upon a time",
        " upon a time",
        "upon a time",
        "",
        "",
    ]


@settings(deadline=None)
@given(st.lists(st.text()), st.data())
def test_offsets_count_code_points(pieces: list[str], data: st.DataObject) -> None:
    choice = Choice("c")
    for piece in pieces:
        choice.write(piece)
    whole = "".join(pieces)
    offset = data.draw(st.integers(0, len(whole)))
    assert choice.text == whole
    assert choice.read(offset) == whole[offset:]


def test_no_more_is_read_than_is_asked_for() -> None:
    choice = Choice("c")
    for piece in ("Once", " upon", " a time"):
        choice.write(piece)
    assert [choice.read(offset, 4) for offset in (0, 2, 6, 15, 16)] == [
        "Once",
        "ce u",
        "pon ",
        "e",
        "",
    ]


def test_many_small_pieces_cost_little_more_than_their_text() -> None:
    choice = Choice("c")
    number = 100_000
    tracemalloc.start()
    for _ in range(number):
        choice.write(" word")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 2 * number * len(" word")
    assert choice.end == number * 5
    for offset in (0, 1, 4999, JOIN_PIECES * 5, 250_001, number * 5 - 3):
        assert choice.read(offset, 12) == choice.text[offset : offset + 12]
        assert choice.read(offset) == choice.text[offset:]


def test_two_jobs_never_have_one_id() -> None:
    assert told().id != told().id


def test_a_job_is_done_when_all_its_choices_are() -> None:
    job = told(Started("j", 12), Wrote("j", 1, [1], "x"), finished(1), choices=2)
    assert job.started
    assert [choice.reason for choice in job.choices] == [None, "stop"]
    job.receive(finished(0, FinishReason.LENGTH))
    assert job.done
    assert job.outcome == "length"
    assert [choice.text for choice in job.choices] == ["", "x"]


def test_a_choice_ends_only_once() -> None:
    job = told(Started("j", 12), finished(0), finished(0, FinishReason.LENGTH), choices=2)
    assert not job.done
    assert job.choices[0].reason is FinishReason.STOP


def test_the_prompt_is_counted_once_and_the_replies_together() -> None:
    usage = told(Started("j", 12), finished(1), finished(0), choices=2).usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (12, 16, 28)
    assert usage.prompt_tokens_details.cached_tokens == 5


def test_a_job_that_has_not_begun_cost_nothing() -> None:
    assert told().usage.total_tokens == 0


def test_nothing_is_heard_after_a_failure() -> None:
    job = told(Failed("j", ErrorCode.MODEL_FAILED, "No file", "model"), Started("j", 1), finished())
    assert job.done
    assert not job.started
    assert job.outcome == "model_failed"
    assert (job.error and job.error.param) == "model"


def test_nothing_is_heard_after_the_end() -> None:
    job = told(finished(), Failed("j", ErrorCode.INTERNAL, "Late"))
    assert job.error is None


def test_the_first_failure_stands() -> None:
    job = told()
    job.fail(HearsayError(ErrorCode.BUSY, "Busy"))
    job.fail(HearsayError(ErrorCode.INTERNAL, "Late"))
    assert job.outcome == "busy"


@pytest.mark.parametrize("output", [Started("j", 1), Wrote("j", 0, [1], "x"), finished()])
def test_news_wakes_the_one_who_waits(output: Output) -> None:
    calls: list[None] = []
    job = Job("m", 1, lambda: calls.append(None), 0.0)
    job.receive(output)
    assert calls == [None]


def test_the_usage_tells_how_many_messages_were_left_out() -> None:
    job = Job("m", 1, lambda: None, 0.0)
    job.receive(Started(job.id, 12, dropped=4, summarized=2))
    details = job.usage.prompt_tokens_details
    assert (details.dropped_messages, details.summarized_messages) == (4, 2)
