"""Summaries: found by the messages they tell of, asked for once, forgotten at last."""

from __future__ import annotations

from bridge.chat.summaries import Summaries, with_summary
from bridge.protocol import ChatMessage, Role

HI = ChatMessage(Role.USER, "I am Mara.")
HO = ChatMessage(Role.ASSISTANT, "Welcome, Mara.")
KEY = ChatMessage(Role.TOOL, "a key", tool_call_id="1")
CALL = ChatMessage(Role.ASSISTANT, tool_calls=[])


def test_the_summary_of_most_messages_is_the_one_that_counts() -> None:
    summaries = Summaries()
    for messages, text in (([HI], "one"), ([HI, HO], "two")):
        summaries.wish(messages)
        [wish] = summaries.take_wishes()
        summaries.put(wish, text)
    assert summaries.find([HI, HO, KEY]) == ("two", 2)
    assert summaries.find([HI, KEY]) == ("one", 1)
    assert summaries.find([HO]) == ("", 0)


def test_the_question_tells_who_said_what_and_what_was_before() -> None:
    summaries = Summaries()
    summaries.wish([HI])
    [wish] = summaries.take_wishes()
    assert wish.question[1].content == "Player: I am Mara."
    summaries.put(wish, "Mara came.")
    summaries.wish([HI, HO, CALL, KEY])
    [wish] = summaries.take_wishes()
    assert wish.question[1].content == (
        "What was said before, in short: Mara came.\nCharacter: Welcome, Mara.\nTool: a key"
    )


def test_what_is_being_written_is_not_asked_for_again() -> None:
    summaries = Summaries()
    summaries.wish([HI])
    [wish] = summaries.take_wishes()
    summaries.wish([HI])
    assert summaries.take_wishes() == []
    summaries.put(wish, " \n")
    summaries.wish([HI])
    assert summaries.take_wishes() == [], "it would find nothing again"
    assert summaries.find([HI]) == ("", 0)


def test_where_there_is_nothing_to_add_the_summary_before_stands_for_more() -> None:
    summaries = Summaries()
    for messages, text in (([HI], "Mara came."), ([HI, HO], "")):
        summaries.wish(messages)
        [wish] = summaries.take_wishes()
        summaries.put(wish, text)
    assert summaries.find([HI, HO]) == ("Mara came.", 2)


def test_what_was_asked_for_in_vain_is_forgotten_too() -> None:
    summaries = Summaries(limit=1)
    for message in (HI, HO, HI):
        summaries.wish([message])
        [wish] = summaries.take_wishes()
        summaries.put(wish, "")


def test_the_summary_that_was_used_longest_ago_is_forgotten() -> None:
    summaries = Summaries(limit=1)
    for message in (HI, HO):
        summaries.wish([message])
        [wish] = summaries.take_wishes()
        summaries.put(wish, "text")
    assert summaries.find([HI]) == ("", 0)
    assert summaries.find([HO]) == ("text", 1)


def test_a_summary_stands_in_the_first_system_message() -> None:
    persona = ChatMessage(Role.SYSTEM, "You are Boris.")
    assert [each.content for each in with_summary([persona, HI], "Short.")] == [
        "You are Boris.\n\nWhat was said before, in short: Short.",
        "I am Mara.",
    ]
    assert with_summary([HI], "Short.")[0].role is Role.SYSTEM
    assert len(with_summary([], "Short.")) == 1
