"""One client's jobs: their names, their turns, their one end, and what is heard of them."""

from __future__ import annotations

import pytest

from bridge.errors import ErrorCode
from tests.jobs.speaker import House, Speaker, tags, texts


def test_an_open_jobs_name_is_taken_and_free_after_its_end(speaker: Speaker) -> None:
    speaker.hello()
    speaker.submit("j")
    speaker.submit("j")
    assert speaker.one()["code"] == "duplicate_job"
    assert len(speaker.house.host.submits) == 1
    speaker.house.host.finish()
    speaker.submit("j")
    fault, *_ = speaker.hear()
    assert fault["code"] == "duplicate_job"  # Its end had not been told.
    speaker.submit("j")
    speaker.house.host.finish()
    assert tags(speaker.hear()) == ["job_done"]


def test_a_newer_job_takes_the_place_of_an_older_one_of_the_same_key(
    house: House, speaker: Speaker
) -> None:
    other = Speaker(house)
    for each in (speaker, other):
        each.hello()
    other.submit("x", order={"replace_key": "bark"})
    speaker.submit("a", order={"replace_key": "bark"})
    speaker.submit("b", order={"replace_key": "other"})
    first = house.host.submits[1].job
    speaker.submit("c", order={"replace_key": "bark"})
    assert house.host.cancelled == [first]
    [done] = speaker.hear()
    assert (done["job"], done["response"]["choices"][0]["finish_reason"]) == ("a", "cancelled")
    assert other.hear() == []


def test_two_sessions_do_not_see_one_another(house: House) -> None:
    first, second = Speaker(house), Speaker(house)
    for each in (first, second):
        each.hello()
        each.submit("same")
    house.host.begin()
    house.host.write("for the second")
    assert first.hear() == []
    assert texts(second.hear()) == ["for the second"]
    first.say("cancel_job", job="same")
    assert tags(first.hear()) == ["job_done"]
    assert second.hear() == []


def test_jobs_take_turns(house: House, speaker: Speaker) -> None:
    speaker.hello()
    for job in ("a", "b"):
        speaker.submit(job)
        house.host.begin()
    speaker.hear()
    jobs = [submit.job for submit in house.host.submits]
    heard: list[str] = []
    reading = speaker.connection.data_to_send()
    for _ in range(3):
        for job in jobs:
            house.host.write("x", job=job)
        heard.append("a" if b'"a"' in next(reading) else "b")
    assert heard == ["a", "b", "a"]


def test_nothing_is_told_of_a_job_after_its_end(house: House, speaker: Speaker) -> None:
    speaker.hello()
    speaker.submit()
    house.host.begin()
    reading = speaker.connection.data_to_send()
    next(reading)
    house.host.write("Once")
    next(reading)
    house.host.write(" upon")
    house.host.finish()
    house.host.write("late")
    rest = list(reading)
    assert len(rest) == 2
    assert b" upon" in rest[0]
    assert b"job_done" in rest[1]
    assert speaker.hear() == []


def test_a_worker_that_fails_after_some_text_ends_the_job_once(
    house: House, speaker: Speaker
) -> None:
    speaker.hello()
    speaker.submit()
    house.host.begin()
    house.host.write("half")
    house.host.fail(ErrorCode.WORKER_CRASHED, "It crashed")
    house.host.fail(ErrorCode.WORKER_CRASHED, "It crashed")
    heard = speaker.hear()
    assert tags(heard) == ["job_started", "job_chunk", "job_failed"]
    assert heard[-1]["code"] == "worker_crashed"


async def test_a_model_is_loaded_and_unloaded(house: House, speaker: Speaker) -> None:
    speaker.hello()
    speaker.submit()
    house.host.changed.clear()
    speaker.say("unload_model", model="gpt")
    await house.host.until(lambda: house.host.state == "stopped")
    failed = speaker.one()
    assert (failed["type"], failed["code"]) == ("job_failed", "model_failed")
    assert "unloaded" in failed["message"]
    speaker.say("load_model", model="in-memory::hearsay/tavern")
    await house.host.until(lambda: house.host.state == "ready")


@pytest.mark.parametrize("tag", ["load_model", "unload_model"])
def test_an_unknown_model_cannot_be_loaded(speaker: Speaker, tag: str) -> None:
    speaker.hello()
    speaker.say(tag, model="../secret")
    assert speaker.one()["code"] == "model_not_found"


def test_an_interrupted_reply_is_cut_to_what_was_heard(house: House, speaker: Speaker) -> None:
    speaker.hello()
    speaker.submit()
    house.host.begin()
    house.host.write("Well met, traveller")
    speaker.hear()
    speaker.say("heard", job="j", characters=8)
    assert house.host.cancelled == [house.host.job]
    done = speaker.one()
    assert done["response"]["choices"][0]["message"]["content"] == "Well met"
    assert done["response"]["choices"][0]["finish_reason"] == "cancelled"


def test_nobody_hears_more_of_a_reply_that_was_interrupted(house: House, speaker: Speaker) -> None:
    speaker.hello()
    speaker.submit()
    house.host.begin()
    house.host.write("Well")
    house.host.cancel = lambda job: None  # type: ignore[method-assign]
    speaker.say("heard", job="j", characters=100)
    house.host.write(" met")
    house.host.finish()
    heard = speaker.hear()
    assert texts(heard) == ["Well"]
    assert heard[-1]["response"]["choices"][0]["message"]["content"] == "Well"


def test_hearing_of_a_job_that_is_over_changes_nothing(house: House, speaker: Speaker) -> None:
    speaker.hello()
    speaker.submit()
    house.host.begin()
    house.host.write("Well met")
    house.host.finish()
    speaker.hear()
    speaker.say("heard", job="j", characters=2)
    assert speaker.hear() == []
    assert house.host.cancelled == []


@pytest.mark.parametrize(("job", "index", "param"), [("x", 0, "job"), ("j", 1, "index")])
def test_hearing_what_is_not_there_is_told(
    speaker: Speaker, job: str, index: int, param: str
) -> None:
    speaker.hello()
    speaker.submit()
    speaker.say("heard", job=job, index=index, characters=2)
    fault = speaker.one()
    assert (fault["type"], fault["param"]) == ("fault", param)
    assert speaker.house.host.cancelled == []
