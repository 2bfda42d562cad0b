"""The state machine: what it says, when it hangs up, and when it gives up."""

from __future__ import annotations

import pytest

from bridge.client.core import State
from bridge.client.errors import ConnectionLostError
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    MAX_FRAME_BYTES,
    Fault,
    GetStatus,
    Goodbye,
    Hello,
    JobChunk,
    JobFailed,
    ModelChanged,
    ModelInfo,
    ModelState,
    Pong,
    ServerGoodbye,
    SubmitChat,
    ToolResult,
    Welcome,
)
from tests.client.hand import Hand, chunk, done, welcome


def codes(hand: Hand) -> list[str]:
    return [message.code for message in hand.told if isinstance(message, JobFailed)]


def test_hello_comes_first_and_what_was_asked_meanwhile_after_welcome() -> None:
    hand = Hand()
    assert hand.core.wait == 0
    hand.submit()
    hand.core.connected()
    assert hand.state() is State.GREETING
    assert [type(message) for message in hand.sent()] == [Hello]
    hand.say(welcome())
    assert hand.state() is State.LIVE
    assert [type(message) for message in hand.sent()] == [SubmitChat]
    assert [type(notice) for notice in hand.notices] == [Welcome]
    assert not hand.core.has_data


def test_a_job_is_told_in_order_and_ends_once() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.say(chunk("he", 2), chunk("llo", 5), done("hello"), done("hello"), chunk("!", 6))
    assert hand.told == [chunk("he", 2), chunk("llo", 5), done("hello")]


def test_a_drop_resumes_at_once_with_what_was_seen() -> None:
    hand = Hand()
    assert hand.live().resume is None
    hand.submit()
    hand.say(chunk("héé", 3))
    hand.core.disconnected("the network")
    assert hand.state() is State.DOWN
    assert hand.core.wait == 0
    hello = hand.live(resumed=True)
    assert hello.resume
    assert hello.resume.session == "s1"
    assert [(seen.job, seen.offsets) for seen in hello.resume.seen] == [("a", [3])]
    hand.say(chunk("héélo", 5), done("héélo"))
    assert hand.told == [chunk("héé", 3), chunk("lo", 5), done("héélo")]


def test_what_waits_in_the_outbox_never_precedes_hello() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.core.disconnected("the network")
    hand.core.connected()
    assert [type(message) for message in hand.sent()] == [Hello]


def test_attempts_wait_twice_as_long_each_time_and_no_longer_than_eight_seconds() -> None:
    hand = Hand()
    hand.live()
    hand.say(Pong())
    waits = []
    for _ in range(8):
        hand.core.disconnected("the network")
        waits.append(hand.core.wait)
        hand.later(hand.core.wait)
        hand.core.connected()
    assert waits == [0, 0.5, 1, 2, 4, 8, 8, 8]


def test_a_connection_that_brings_only_a_welcome_does_not_end_the_outage() -> None:
    hand = Hand()
    for _ in range(3):
        hand.live()
        hand.core.disconnected("the network")
    assert hand.core.wait == 1
    hand.live(resumed=True)
    hand.say(Pong())
    hand.core.disconnected("the network")
    assert hand.core.wait == 0


def test_jobs_fail_once_when_nobody_listens_any_more() -> None:
    hand = Hand()
    hand.live()
    hand.say(Pong())
    hand.submit("a")
    hand.submit("b")
    hand.core.disconnected("without a word")
    hand.core.disconnected("refused", refused=True)
    hand.later(2.4)
    assert not hand.told
    assert hand.core.wait == pytest.approx(0, abs=0.11)
    hand.later(0.11)
    assert codes(hand) == ["connection_lost"] * 2
    hand.core.disconnected("refused", refused=True)
    hand.later(60)
    assert len(hand.told) == 2
    with pytest.raises(ConnectionLostError):
        hand.submit("c")


def test_a_sidecar_that_comes_back_late_is_spoken_with_again() -> None:
    hand = Hand()
    hand.core.disconnected("refused", refused=True)
    hand.later(3)
    assert hand.lost()
    assert hand.live().resume is None
    assert not hand.lost()
    hand.submit()
    hand.say(done())
    assert hand.told == [done()]


def test_a_sidecar_that_only_does_not_answer_is_waited_for_as_long_as_it_keeps_the_session() -> (
    None
):
    hand = Hand()
    hand.live()
    hand.say(Pong())
    hand.submit()
    hand.core.disconnected("without a word")
    for _ in range(23):
        hand.later(5)
        hand.core.disconnected("no connection could be made in time")
    assert not hand.told
    hand.later(5)
    assert codes(hand) == ["connection_lost"]


def test_a_first_connection_has_the_time_of_a_greeting() -> None:
    hand = Hand()
    hand.later(4.9)
    assert hand.core.lost is None
    hand.later(0.1)
    assert hand.core.lost


def test_a_welcome_that_does_not_come_in_time_ends_the_connection() -> None:
    hand = Hand()
    hand.live()
    hand.say(Pong())
    hand.core.disconnected("without a word")
    hand.core.connected()
    hand.later(4.9)
    assert hand.hanging_up() is None
    hand.later(0.1)
    assert hand.hanging_up() == "no welcome came in time"
    hand.core.disconnected("closed here")
    assert hand.hanging_up() is None
    assert hand.state() is State.DOWN


def test_a_connection_is_dead_after_three_pings_without_an_answer() -> None:
    hand = Hand()
    hand.live()
    assert hand.pings() == 1  # With the welcome.
    hand.say(Pong())
    for _ in range(3):
        assert hand.core.wait <= 20
        hand.later(20)
        assert hand.pings() == 1
        assert hand.hanging_up() is None
    hand.later(20)
    assert hand.hanging_up() == "it is silent"
    assert hand.pings() == 0


def test_any_frame_is_a_sign_of_life() -> None:
    hand = Hand()
    hand.live()
    for _ in range(10):
        hand.later(20)
        hand.core.receive(b'{"type":"from_the_future"}')
    assert hand.hanging_up() is None


def test_waking_from_a_long_sleep_is_not_three_missed_pings() -> None:
    hand = Hand()
    hand.live()
    hand.say(Pong())
    hand.later(3600)
    assert hand.hanging_up() is None


def test_a_session_that_is_gone_fails_what_was_sent_and_keeps_what_was_not() -> None:
    hand = Hand()
    hand.live()
    hand.submit("a")
    hand.core.disconnected("the network")
    hand.submit("b")
    hand.core.connected()
    hand.say(ServerGoodbye(code="unknown_session", message="It is gone"))
    assert hand.hanging_up() == "It is gone"
    assert codes(hand) == ["connection_lost"]
    hand.core.disconnected("closed")
    assert hand.live(session="s2").resume is None
    assert [message.job for message in hand.sent() if isinstance(message, SubmitChat)] == ["b"]


def test_a_welcome_to_another_session_fails_what_was_sent() -> None:
    hand = Hand()
    hand.live()
    hand.submit("a")
    hand.core.disconnected("the network")
    hand.live(session="s2", resumed=False)
    assert codes(hand) == ["connection_lost"]
    assert hand.core.session == "s2"


@pytest.mark.parametrize("code", ["unauthorized", "forbidden", "protocol_mismatch"])
def test_some_goodbyes_are_the_end(code: str) -> None:
    hand = Hand()
    hand.submit()
    hand.core.connected()
    hand.say(ServerGoodbye(code=code, message="Go away"))
    assert hand.state() is State.OVER
    assert hand.hanging_up() == "Go away"
    assert codes(hand) == [code]
    hand.core.disconnected("closed")
    assert hand.state() is State.OVER
    with pytest.raises(HearsayError, match="Go away"):
        hand.submit("b")


def test_after_another_goodbye_the_session_is_resumed() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.say(ServerGoodbye(code="shutting_down", message="The sidecar is leaving"))
    assert not hand.told
    hand.core.disconnected("closed")
    assert hand.live(resumed=True).resume


@pytest.mark.parametrize("frame", [b"\xff", b"{}", b"[]", b'{"type":"job_chunk","job":7}', b""])
def test_garbage_ends_the_connection_and_the_next_one_resumes(frame: bytes) -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.core.receive(frame)
    assert hand.hanging_up() is not None
    hand.say(chunk("late", 4))
    assert not hand.told
    hand.core.disconnected("closed here")
    assert hand.live(resumed=True).resume


def test_garbage_thrice_in_a_row_breaks_the_session() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    for _ in range(3):
        assert not hand.told
        hand.core.receive(b"garbage")
        assert hand.hanging_up()
        if not hand.told:
            hand.core.disconnected("closed here")
            hand.live(resumed=True)
    assert codes(hand) == ["broken_stream"]
    assert Goodbye() in hand.sent()


def test_what_is_new_between_garbage_keeps_the_session() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    for offset in range(1, 9):
        hand.say(chunk("a", offset))
        hand.core.receive(b"garbage")
        hand.core.disconnected("closed here")
        hand.live(resumed=True)
    assert not codes(hand)


def test_a_message_before_welcome_and_a_second_welcome_are_garbage() -> None:
    hand = Hand()
    hand.core.connected()
    hand.say(Pong())
    assert hand.hanging_up() == "a message came before welcome"
    hand.core.disconnected("closed here")
    hand.live()
    hand.say(welcome("s2"))
    assert hand.hanging_up() == "it said welcome twice"


def test_the_sidecars_limits_are_kept() -> None:
    hand = Hand()
    hand.live()
    for job in "abcd":
        hand.submit(job)
    with pytest.raises(HearsayError) as busy:
        hand.submit("e")
    assert busy.value.code is ErrorCode.BUSY
    hand.say(done(job="a"))
    with pytest.raises(HearsayError) as duplicate:
        hand.submit("b")
    assert duplicate.value.code is ErrorCode.DUPLICATE_JOB
    with pytest.raises(HearsayError) as large:
        hand.core.say(ToolResult(job="a", call="1", content="x" * MAX_FRAME_BYTES))
    assert large.value.code is ErrorCode.TOO_LARGE


def test_what_belongs_to_no_job_is_noticed() -> None:
    hand = Hand()
    hand.live()
    changed = ModelChanged(model=ModelInfo(id="m", state=ModelState.READY))
    fault = Fault(code="unknown_job", message="There is none")
    hand.say(changed, fault)
    assert hand.notices[1:] == [changed, fault]


def test_closing_says_goodbye_and_fails_what_is_open() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.core.ask(GetStatus(), hand.answers.append)
    hand.sent()
    hand.core.close()
    assert hand.state() is State.OVER
    assert hand.sent() == [Goodbye()]
    assert codes(hand) == ["connection_lost"]
    assert [type(answer) for answer in hand.answers] == [ConnectionLostError]
    hand.core.close()
    assert len(hand.told) == 1
    with pytest.raises(ConnectionLostError):
        hand.core.ask(GetStatus(), hand.answers.append)


def test_closing_without_a_connection_says_nothing() -> None:
    hand = Hand()
    hand.core.close()
    hand.core.connected()
    assert hand.state() is State.OVER
    assert hand.hanging_up()
    assert not hand.core.has_data


def test_a_goodbye_is_waited_for_until_it_is_answered() -> None:
    hand = Hand()
    hand.live()
    assert not hand.core.parting
    hand.core.close()
    hand.say(JobChunk(job="a", index=0, offset=1, text="x"))
    hand.core.receive(b"no message")
    waits = hand.core.parting
    hand.say(ServerGoodbye(code="bye", message="The session has ended"))
    assert (waits, hand.core.parting) == (True, False)
