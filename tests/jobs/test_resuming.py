"""A client that was away: it gets exactly the rest, and hears each end once."""

from __future__ import annotations

import pytest

from bridge.protocol import MAX_JOBS
from tests.jobs.speaker import House, Speaker, tags, texts

RESUME_SECONDS = 120


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


def test_answers_that_nobody_waits_for_are_not_kept(house: House, speaker: Speaker) -> None:
    session = house.sessions.find(speaker.hello()["session"])
    speaker.say("ping", nonce="one")
    assert session.unread == 1
    speaker.connection.detach()
    assert session.unread == 0


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
