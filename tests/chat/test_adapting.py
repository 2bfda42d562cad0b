"""What a template does not take is said in a way that it does."""

from __future__ import annotations

from bridge.chat.adapting import (
    alternating,
    one_call_each,
    short_id,
    without_system,
    without_tools,
)
from bridge.protocol import ChatMessage, Json, Role

CALL: dict[str, Json] = {
    "id": "a",
    "type": "function",
    "function": {"name": "sing", "arguments": "{}"},
}


def said(messages: list[ChatMessage]) -> list[tuple[str, object]]:
    return [(str(message.role), message.content) for message in messages]


def test_a_scene_without_a_player_is_what_the_player_says() -> None:
    assert said(without_system([ChatMessage(Role.SYSTEM, "Be Boris")])) == [("user", "Be Boris")]


def test_a_scene_that_is_set_later_is_told_with_the_next_words() -> None:
    talk = [
        ChatMessage(Role.USER, "Hi"),
        ChatMessage(Role.DEVELOPER, "It rains"),
        ChatMessage(Role.ASSISTANT, "Ho"),
        ChatMessage(Role.USER, "And?"),
    ]
    assert said(without_system(talk)) == [
        ("user", "Hi"),
        ("assistant", "Ho"),
        ("user", "It rains\n\nAnd?"),
    ]


def test_calls_and_results_are_never_joined() -> None:
    talk = [
        ChatMessage(Role.USER, "Hi"),
        ChatMessage(Role.ASSISTANT, tool_calls=[CALL]),
        ChatMessage(Role.ASSISTANT, "Ho"),
        ChatMessage(Role.TOOL, "x", tool_call_id="a"),
        ChatMessage(Role.TOOL, "y", tool_call_id="b"),
    ]
    assert alternating(talk) == talk


def test_an_assistant_that_begins_has_been_asked_to() -> None:
    talk = [ChatMessage(Role.SYSTEM, "Be Boris"), ChatMessage(Role.ASSISTANT, "Ho")]
    assert said(alternating(talk))[1] == ("user", "(Begin.)")


def test_tools_without_a_scene_make_one() -> None:
    adapted = without_tools([ChatMessage(Role.USER, "Hi")], [{"function": {"name": "sing"}}])
    assert adapted[0].role is Role.SYSTEM
    assert without_tools([ChatMessage(Role.USER, "Hi")], []) == [ChatMessage(Role.USER, "Hi")]


def test_calls_whose_results_are_missing_stay_calls() -> None:
    other = {**CALL, "id": "b"}
    talk = [ChatMessage(Role.ASSISTANT, "x", tool_calls=[CALL, other])]
    assert [message.content for message in one_call_each(talk)] == ["x", None]


def test_ids_that_are_counted_anew_in_every_reply_keep_their_own_results() -> None:
    other = {**CALL, "id": "b"}
    talk: list[ChatMessage] = []
    for turn in ("1", "2"):
        talk += [
            ChatMessage(Role.ASSISTANT, tool_calls=[CALL, other]),
            ChatMessage(Role.TOOL, "a" + turn, tool_call_id="a"),
            ChatMessage(Role.TOOL, "b" + turn, tool_call_id="b"),
        ]
    told = [each.content for each in one_call_each(talk) if each.role is Role.TOOL]
    assert told == ["a1", "b1", "a2", "b2"]


def test_a_result_whose_call_was_left_out_stays() -> None:
    talk = [ChatMessage(Role.TOOL, "x", tool_call_id="a"), ChatMessage(Role.USER, "Hi")]
    assert one_call_each(talk) == talk


def test_an_id_of_nine_letters_stays() -> None:
    assert short_id("abcdefgh9") == "abcdefgh9"
    assert short_id("call_1") == short_id("call_1") != short_id("call_2")
    assert len(short_id("ä" * 9)) == 9
