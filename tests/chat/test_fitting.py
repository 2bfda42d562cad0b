"""Fitting: whole turns go, the oldest first, and what matters stays."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chat.fitting import KEPT, fit, old_turns
from bridge.protocol import ChatMessage, Role

SYSTEM = ChatMessage(Role.SYSTEM, "lore")


def _count(messages: Sequence[ChatMessage]) -> int:
    return sum(_weigh(message) + 1 for message in messages)


def _weigh(message: ChatMessage) -> int:
    return len(str(message.content))


def _talk(turns: int) -> list[ChatMessage]:
    talk = [SYSTEM]
    for turn in range(turns):
        talk += [ChatMessage(Role.USER, f"say{turn}"), ChatMessage(Role.ASSISTANT, f"did{turn}")]
    return [*talk, ChatMessage(Role.USER, "now!")]


def test_what_fits_stays_as_it_is() -> None:
    talk = _talk(3)
    fitted = fit(talk, _count, _weigh, room=_count(talk), block=10)
    assert fitted
    assert fitted.messages == talk
    assert not fitted.dropped


def test_the_oldest_turns_go_and_the_system_prompt_stays() -> None:
    talk = _talk(5)
    fitted = fit(talk, _count, _weigh, room=_count(talk) - 1, block=10)
    assert fitted
    assert fitted.messages == [SYSTEM, *talk[5:]]
    assert fitted.dropped == talk[1:5]


def test_the_next_turns_drop_no_more_so_that_the_cache_still_fits() -> None:
    room = _count(_talk(12)) - 1
    first = [
        fitted.messages[1]
        for turns in range(12, 16)
        if (fitted := fit(_talk(turns), _count, _weigh, room=room, block=40))
    ]
    assert len(first) == 4
    assert len({str(message.content) for message in first}) == 1


@pytest.mark.parametrize("error", [-1, 0, 1, 3])
def test_a_long_conversation_drops_by_the_block_though_its_weights_are_not_exact(
    error: int,
) -> None:
    dropped = [
        len(fitted.dropped)
        for turns in range(200, 300)
        if (fitted := fit(_talk(turns), _count, lambda m: _weigh(m) + 1 + error, 200, 60))
    ]
    assert len(dropped) == 100
    assert dropped == sorted(dropped)
    assert len(set(dropped)) <= 100 * 14 // 40


def test_a_turn_goes_with_the_tools_that_answered_in_it() -> None:
    talk = [
        ChatMessage(Role.USER, "open the gate"),
        ChatMessage(Role.ASSISTANT, tool_calls=[]),
        ChatMessage(Role.TOOL, "it is open", tool_call_id="1"),
        ChatMessage(Role.ASSISTANT, "There you go."),
        ChatMessage(Role.USER, "thanks"),
    ]
    fitted = fit(talk, _count, _weigh, room=20, block=1)
    assert fitted
    assert fitted.messages == talk[4:]


def test_a_greeting_before_the_first_question_is_a_turn() -> None:
    talk = [ChatMessage(Role.ASSISTANT, "Welcome!"), ChatMessage(Role.USER, "Hi")]
    assert old_turns(talk) == [[0]]


def test_what_no_dropping_makes_fit_is_refused() -> None:
    assert fit(_talk(3), _count, _weigh, room=5, block=10) is None
    assert fit([ChatMessage(Role.USER, "much too long")], _count, _weigh, room=5, block=10) is None


def test_weights_that_were_too_small_are_made_good() -> None:
    talk = _talk(5)
    fitted = fit(talk, _count, lambda _: 1, room=20, block=1)
    assert fitted
    assert _count(fitted.messages) <= 20


ROLES = st.sampled_from([Role.SYSTEM, Role.USER, Role.ASSISTANT])


@given(st.lists(st.tuples(ROLES, st.text(max_size=9)), max_size=20), st.integers(1, 60))
def test_whatever_is_said_nothing_is_lost_without_being_named(
    said: list[tuple[Role, str]], room: int
) -> None:
    talk = [ChatMessage(role, text) for role, text in said]
    fitted = fit(talk, _count, _weigh, room, 10)
    if fitted is None:
        return
    assert _count(fitted.messages) <= room
    assert not any(message.role in KEPT for message in fitted.dropped)
    assert fitted.messages == [each for each in talk if each not in fitted.dropped] or (
        len(fitted.messages) + len(fitted.dropped) == len(talk)
    )
