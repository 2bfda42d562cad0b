"""One job: its text is joined at offsets, and each event is told once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.client.pending import GapError, JobMessage, Pending
from bridge.protocol import (
    CharacterSaved,
    JobChunk,
    JobField,
    JobSentence,
    JobStarted,
    SaveCharacter,
    SubmitChat,
)
from tests.client.hand import chunk, done, order


def pending(**options: Any) -> Pending:
    return Pending(order("a", **options), ignore, 10.0)


def ignore(message: JobMessage) -> None:
    raise AssertionError("the book tells, not the job")


def test_what_is_told_again_is_cut_at_what_is_here() -> None:
    one = pending()
    assert one.news(chunk("one", 3)) == chunk("one", 3)
    assert one.news(chunk("one", 3)) is None
    assert one.news(chunk("ne two", 7)) == chunk(" two", 7)


def test_offsets_count_code_points() -> None:
    one = pending()
    assert one.news(chunk("🐉é", 2)) == chunk("🐉é", 2)
    assert one.news(chunk("e\u0301", 4)) == chunk("e\u0301", 4)
    assert one.seen().offsets == [4]


def test_choices_and_thinking_have_offsets_of_their_own() -> None:
    one = pending()
    one.news(chunk("aa", 2, index=2))
    one.news(chunk("b", 1, reasoning=True))
    assert one.seen().offsets == [0, 0, 2]
    assert one.seen().reasoning_offsets == [1]


@pytest.mark.parametrize(
    "bad", [chunk("c", 3), chunk("abc", 2), chunk("c", 1, index=16), chunk("c", 1, index=-1)]
)
def test_text_that_cannot_be_joined_is_a_gap(bad: JobChunk) -> None:
    one = pending()
    one.news(chunk("a", 1))
    with pytest.raises(GapError):
        one.news(bad)


def test_a_stream_whose_end_did_not_come_is_a_gap() -> None:
    one = pending()
    one.news(chunk("hell", 4))
    with pytest.raises(GapError):
        one.news(done("hello"))
    assert one.news(done("hell")) == done("hell")


def test_a_reply_too_long_for_one_message_is_put_together_from_its_chunks() -> None:
    for stream in (True, False):
        one = pending(stream=stream)
        one.news(chunk("hell", 4))
        one.news(chunk("lo", 5, reasoning=False))
        assert one.news(done(None)) == done("hello")
    assert pending(stream=False).news(done(None)) == done(None)


def test_a_reply_in_one_piece_has_no_gap() -> None:
    assert pending(stream=False).news(done("hello")) == done("hello")
    other = Pending(SaveCharacter(job="a", character="boris"), ignore, 0.0)
    assert other.news(done("hello")) == done("hello")


@pytest.mark.parametrize(
    "event",
    [
        JobStarted(job="a", prompt_tokens=3),
        JobSentence(job="a", number=0, text="Hello."),
        JobField(job="a", path="/name", value=None),
    ],
)
def test_events_are_told_once(event: JobMessage) -> None:
    one = pending()
    assert one.news(event) == event
    assert one.news(event) is None


def test_the_last_message_of_another_kind_passes() -> None:
    saved = CharacterSaved(job="a", character="boris", state="…")
    assert pending().news(saved) == saved


def test_time_without_a_connection_counts_against_the_limits() -> None:
    one = pending(deadline_ms=5000, first_token_by_ms=1000)
    late = one.due_order(12.0)
    assert isinstance(late, SubmitChat)
    assert (late.deadline_ms, late.first_token_by_ms) == (3000, 1)
    free = pending().due_order(12.0)
    assert isinstance(free, SubmitChat)
    assert free.deadline_ms is None
    other = SaveCharacter(job="a", character="boris")
    assert Pending(other, ignore, 0.0).due_order(12.0) is other


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60))))
def test_whatever_is_told_again_the_text_is_the_text(
    text: str, pieces: list[tuple[int, int]]
) -> None:
    one = pending()
    heard = ""
    for begin, end in [*pieces, (0, len(text))]:
        piece = text[begin:end]
        if begin > len(heard) or not piece:
            continue
        if new := one.news(chunk(piece, begin + len(piece))):
            assert isinstance(new, JobChunk)
            heard += new.text
        assert text.startswith(heard)
        assert one.seen().offsets == ([len(heard)] if heard else [])
    assert heard == text
