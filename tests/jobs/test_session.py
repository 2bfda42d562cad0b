from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import ErrorCode
from bridge.jobs.telling import MAX_CHUNK, MAX_TEXT
from bridge.protocol import MAX_FRAME_BYTES, MAX_JOBS
from tests.jobs.speaker import House, Speaker, tags, texts

RESUME_SECONDS = 120


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def speaker(house: House) -> Speaker:
    return Speaker(house)


def drop(speaker: Speaker) -> Speaker:
    """Lose a connection; returns the next one."""
    speaker.connection.detach()
    return Speaker(speaker.house)


def test_a_dropped_client_gets_exactly_the_rest(house: House, speaker: Speaker) -> None:
    session = speaker.hello()["session"]
    speaker.submit()
    house.host.begin()
    house.host.write("Once upon")
    assert texts(speaker.hear()) == ["Once upon"]
    house.host.write(" a time")
    again = drop(speaker)
    house.host.write(", far away")
    welcome, *rest = again.resume(session, j=[4])
    assert (welcome["resumed"], welcome["session"], "lost" in welcome) == (True, session, False)
    assert texts(rest) == [" upon a time, far away"]
    house.host.finish()
    done = again.one()
    assert done["response"]["choices"][0]["message"]["content"] == "Once upon a time, far away"


def test_an_end_that_was_not_heard_is_told_again_and_only_then(
    house: House, speaker: Speaker
) -> None:
    session = speaker.hello()["session"]
    speaker.submit()
    house.host.begin()
    house.host.write("Hm")
    house.host.finish()
    assert tags(speaker.hear()) == ["job_started", "job_chunk", "job_done"]
    again = drop(speaker)
    assert tags(again.resume(session, j=[2])) == ["welcome", "job_started", "job_done"]
    third = drop(again)
    assert tags(third.resume(session)) == ["welcome"]
    fourth = drop(third)
    [welcome] = fourth.resume(session, j=[2])
    assert welcome["lost"] == ["j"]


def test_a_job_that_never_arrived_is_lost_and_can_be_ordered_again(speaker: Speaker) -> None:
    session = speaker.hello()["session"]
    again = drop(speaker)
    [welcome] = again.resume(session, j=[], k=[0])
    assert welcome["lost"] == ["j", "k"]
    again.submit("j")
    speaker.house.host.finish()
    assert tags(again.hear()) == ["job_done"]


def test_a_job_that_is_not_mentioned_goes_on_from_where_it_was(
    house: House, speaker: Speaker
) -> None:
    session = speaker.hello()["session"]
    speaker.submit()
    house.host.begin()
    house.host.write("Once")
    speaker.hear()
    again = drop(speaker)
    house.host.write(" upon")
    assert texts(again.resume(session)) == [" upon"]


def test_all_choices_are_resumed_each_from_its_own_place(house: House, speaker: Speaker) -> None:
    session = speaker.hello()["session"]
    speaker.submit(n=3)
    house.host.begin()
    for index, text in enumerate(("zero", "one", "two")):
        house.host.write(text, index)
    speaker.hear()
    again = drop(speaker)
    chunks = [each for each in again.resume(session, j=[4, 1]) if each["type"] == "job_chunk"]
    assert [(each["index"], each["text"], each["offset"]) for each in chunks] == [
        (1, "ne", 3),
        (2, "two", 3),
    ]


def test_who_claims_more_than_was_written_is_refused_and_changes_nothing(
    house: House, speaker: Speaker
) -> None:
    session = speaker.hello()["session"]
    for job in ("j", "k"):
        speaker.submit(job)
        house.host.begin()
        house.host.write("Once")
    speaker.hear()
    thief = Speaker(house)
    [goodbye] = thief.resume(session, j=[0], k=[5])
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "invalid_request")
    assert speaker.hear() == []
    house.host.write(" upon")
    assert texts(speaker.hear()) == [" upon"]


def test_a_second_connection_takes_the_session_from_the_first(
    house: House, speaker: Speaker
) -> None:
    session = speaker.hello()["session"]
    speaker.submit()
    house.host.begin()
    house.host.write("Once")
    reading = speaker.connection.data_to_send()
    next(reading)
    again = Speaker(house)
    assert tags(again.resume(session, j=[0])) == ["welcome", "job_started", "job_chunk"]
    assert [b'"bye"' in frame for frame in reading] == [True]
    speaker.connection.detach()
    house.host.write(" upon")
    assert texts(again.hear()) == [" upon"]


def test_questions_from_before_a_drop_are_not_answered_after_it(speaker: Speaker) -> None:
    session = speaker.hello()["session"]
    speaker.say("ping", nonce="old")
    assert tags(drop(speaker).resume(session)) == ["welcome"]


@pytest.mark.parametrize("session", ["x", "x" * 128])
def test_an_unknown_session_is_named_as_such(speaker: Speaker, session: str) -> None:
    [goodbye] = speaker.resume(session)
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "unknown_session")


def test_a_job_goes_on_while_its_client_is_away_unless_it_was_not_to(
    house: House, speaker: Speaker
) -> None:
    session = speaker.hello()["session"]
    speaker.submit("stays")
    speaker.submit("leaves", order={"when_gone": "cancel"})
    leaving = house.host.job
    again = drop(speaker)
    assert house.host.cancelled == [leaving]
    [_, done] = again.resume(session, stays=[0], leaves=[0])
    assert done["job"] == "leaves"
    assert done["response"]["choices"][0]["finish_reason"] == "cancelled"


def test_a_session_that_nobody_comes_back_to_is_forgotten(house: House, speaker: Speaker) -> None:
    session = speaker.hello()["session"]
    speaker.submit()
    speaker.connection.detach()
    house.clock.now += RESUME_SECONDS - 1
    house.sessions.sweep()
    assert house.host.cancelled == []
    house.clock.now += 1
    house.sessions.sweep()
    assert house.host.cancelled == [house.host.job]
    assert len(house.sessions) == 0
    assert Speaker(house).resume(session, j=[0])[0]["code"] == "unknown_session"


def test_an_end_is_forgotten_once_it_was_surely_heard(house: House, speaker: Speaker) -> None:
    session = speaker.hello()["session"]
    for job in ("old", "new"):
        speaker.submit(job)
        house.host.finish()
        speaker.hear()
        house.clock.now += 1
    house.clock.now += RESUME_SECONDS - 2
    speaker.say("ping")
    house.sessions.sweep()
    speaker.connection.detach()
    house.clock.now += RESUME_SECONDS - 1
    house.sessions.sweep()
    welcome, *rest = Speaker(house).resume(session, old=[0], new=[0])
    assert welcome["lost"] == ["old"]
    assert [each["job"] for each in rest] == ["new"]


def test_no_more_ends_are_remembered_than_a_client_can_ask_for(speaker: Speaker) -> None:
    speaker.hello()
    session = next(iter(speaker.house.sessions._sessions.values()))
    for number in range(MAX_JOBS + 50):
        speaker.submit(str(number), model="nope")
        speaker.hear()
    assert len(session._told) == MAX_JOBS
    assert "49" not in session._told
    assert session.open_jobs == 0


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


def test_a_model_that_changes_is_told_to_everybody_once_and_as_it_is_now(house: House) -> None:
    first, second = Speaker(house), Speaker(house)
    first.hello()
    second.hello()
    house.host.state, house.host.progress = "loading", 0.25
    house.sessions.models_changed()
    assert first.one()["model"] == {
        "id": "hearsay/tavern",
        "aliases": ["gpt"],
        "state": "loading",
        "progress": 0.25,
    }
    house.host.progress = 0.5
    house.sessions.models_changed()
    house.host.progress = 0.75
    house.sessions.models_changed()
    house.sessions.models_changed()
    assert first.one()["model"]["progress"] == 0.75
    assert second.one()["model"]["progress"] == 0.75


def long_reply(house: House, speaker: Speaker, text: str, **request: Any) -> list[dict[str, Any]]:
    speaker.hello()
    speaker.submit(**request)
    house.host.begin()
    house.host.write(text)
    house.host.finish()
    frames = list(speaker.connection.data_to_send())
    assert max(map(len, frames)) < MAX_FRAME_BYTES
    return [json.loads(frame) for frame in frames]


@pytest.mark.parametrize("stream", [True, False])
def test_a_reply_too_long_for_one_message_is_told_in_chunks(
    house: House, speaker: Speaker, stream: bool
) -> None:
    text = "\x01" * (MAX_TEXT + 1)  # Six bytes each in JSON.
    heard = long_reply(house, speaker, text, stream=stream)
    assert "".join(texts(heard)) == text
    assert len(texts(heard)) == MAX_TEXT // MAX_CHUNK + 1
    assert heard[-1]["response"]["choices"][0]["message"]["content"] is None


def test_the_longest_reply_that_fits_is_told_whole(house: House, speaker: Speaker) -> None:
    heard = long_reply(house, speaker, "\x01" * MAX_TEXT, stream=False)
    assert texts(heard) == []
    assert len(heard[-1]["response"]["choices"][0]["message"]["content"]) == MAX_TEXT


def test_what_every_choice_has_left_unread_is_a_part_of_the_bound(
    house: House, speaker: Speaker
) -> None:
    speaker.hello()
    speaker.submit(stream=False, n=2)
    house.host.begin()
    for index in range(2):
        house.host.write("x" * (MAX_TEXT // 2 + 1), index)
        house.host.finish(index=index)
    assert len(texts(speaker.hear())) == 4


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


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.jobs.sessions.MAX_SESSIONS", 3)


@pytest.mark.usefixtures("few")
def test_one_more_client_than_there_is_room_for_comes_back_later(house: House) -> None:
    for _ in range(3):
        Speaker(house).hello()
    goodbye = Speaker(house).hello()
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "busy")


@pytest.mark.usefixtures("few")
def test_the_client_gone_for_longest_makes_room_one_without_jobs_first(house: House) -> None:
    working, idle = Speaker(house), Speaker(house)
    kept = working.hello()["session"]
    working.submit()
    lost = idle.hello()["session"]
    Speaker(house).hello()
    for each in (working, idle):
        each.connection.detach()
        house.clock.now += 1
    assert Speaker(house).hello()["type"] == "welcome"
    assert Speaker(house).resume(lost)[0]["code"] == "unknown_session"
    assert Speaker(house).resume(kept, j=[0])[0]["type"] == "welcome"


def test_only_clients_that_are_there_count_as_connected(house: House, speaker: Speaker) -> None:
    assert house.sessions.connected == 0
    speaker.hello()
    assert house.sessions.connected == 1
    speaker.connection.detach()
    assert house.sessions.connected == 0
    assert len(house.sessions) == 1


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
