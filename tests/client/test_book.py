"""What is sent again after a drop, and what is not."""

from __future__ import annotations

from typing import Any

from bridge.client.errors import ConnectionLostError
from bridge.protocol import (
    CancelJob,
    GetStatus,
    Heard,
    JobFailed,
    JobStarted,
    JobToolCall,
    ListModels,
    Models,
    Pace,
    PaceMode,
    Pong,
    Status,
    SubmitChat,
    ToolCall,
    ToolResult,
)
from tests.client.hand import Hand, chunk, done

STATUS = Status(models=[], sessions=1, memory_bytes=1)


def drop(hand: Hand, **more: Any) -> None:
    hand.core.disconnected("the network")
    hand.sent()
    hand.live(resumed=True, **more)


def test_a_submit_that_went_down_with_the_connection_is_sent_again() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    drop(hand, lost=["a"])
    assert [type(message) for message in hand.sent()] == [SubmitChat]
    hand.say(done())
    assert hand.told == [done()]


def test_a_job_that_was_heard_of_and_is_lost_fails() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.say(JobStarted(job="a", prompt_tokens=3))
    drop(hand, lost=["a", "stranger"])
    assert [type(message) for message in hand.told] == [JobStarted, JobFailed]
    assert not hand.sent()


def test_a_known_job_is_not_submitted_twice() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    drop(hand)
    assert not hand.sent()


def test_a_cancel_is_sent_once_and_again_after_a_drop() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.sent()
    hand.core.cancel("a")
    hand.core.cancel("a")
    hand.core.cancel("stranger")
    assert hand.sent() == [CancelJob(job="a")]
    drop(hand)
    assert hand.sent() == [CancelJob(job="a")]


def test_a_job_cancelled_before_there_is_a_connection_is_submitted_and_cancelled() -> None:
    hand = Hand()
    hand.submit()
    hand.core.cancel("a")
    hand.live()
    assert [type(message) for message in hand.sent()] == [SubmitChat, CancelJob]


def test_questions_are_answered_in_order_and_asked_again_after_a_drop() -> None:
    hand = Hand()
    hand.core.ask(GetStatus(), hand.answers.append)
    hand.live()
    hand.core.ask(ListModels(), hand.answers.append)
    assert hand.sent() == [GetStatus(), ListModels()]
    drop(hand)
    assert hand.sent() == [GetStatus(), ListModels()]
    hand.say(Models(models=[]), STATUS, STATUS)
    assert hand.answers == [Models(models=[]), STATUS]


def test_what_is_said_without_a_connection_is_sent_later_once() -> None:
    hand = Hand()
    hand.core.say(Heard(job="a", characters=3))
    hand.live()
    assert hand.sent() == [Heard(job="a", characters=3)]
    drop(hand)
    assert not hand.sent()


def test_the_latest_pace_holds_after_a_drop() -> None:
    hand = Hand()
    hand.core.say(Pace(mode=PaceMode.FULL))
    hand.core.say(Pace(mode=PaceMode.PAUSED))
    hand.live()
    assert hand.sent() == [Pace(mode=PaceMode.PAUSED)]
    hand.core.say(Pace(mode=PaceMode.FULL))
    assert hand.sent() == [Pace(mode=PaceMode.FULL)]
    drop(hand)
    assert hand.sent() == [Pace(mode=PaceMode.FULL)]


def test_a_tool_that_was_answered_is_not_called_again() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    call = JobToolCall(job="a", call=ToolCall(id="1", name="look", arguments="{}"))
    hand.say(call)
    result = ToolResult(job="a", call="1", content="a sword")
    hand.core.say(result)
    hand.core.say(ToolResult(job="stranger", call="1", content=""))
    hand.sent()
    drop(hand)
    hand.say(call)
    assert hand.told == [call]
    assert hand.sent() == [result]


def test_a_tool_call_told_twice_before_its_answer_is_heard_once() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    call = JobToolCall(job="a", call=ToolCall(id="1", name="look", arguments="{}"))
    hand.say(call, call)
    assert hand.told == [call]


def test_a_gap_fails_the_job_and_takes_it_back() -> None:
    hand = Hand()
    hand.live()
    hand.submit()
    hand.sent()
    hand.say(chunk("ab", 2), chunk("e", 5), chunk("f", 6))
    assert [type(message).__name__ for message in hand.told] == ["JobChunk", "JobFailed"]
    assert isinstance(hand.told[1], JobFailed)
    assert hand.told[1].code == "broken_stream"
    assert hand.sent() == [CancelJob(job="a")]
    assert hand.core.hanging_up is None


def test_everything_fails_when_hope_is_lost() -> None:
    hand = Hand()
    hand.live()
    hand.say(Pong())
    hand.core.ask(GetStatus(), hand.answers.append)
    hand.core.disconnected("gone")
    hand.core.say(Heard(job="a", characters=3))
    hand.core.disconnected("refused", refused=True)
    hand.later(3)
    assert [type(answer) for answer in hand.answers] == [ConnectionLostError]
    hand.live()
    assert not hand.sent()
