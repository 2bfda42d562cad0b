"""One choice of a reply: its text, thinking, calls and probabilities, each with offsets."""

from __future__ import annotations

from bridge.jobs.choice import ROUND_BREAK, Choice
from bridge.protocol import TokenLogprob
from bridge.worker.messages import CallWritten, Wrote


def wrote(
    text: str = "",
    *,
    reasoning: str = "",
    calls: list[CallWritten] | None = None,
    scores: list[str] | None = None,
    shown: list[bool] | None = None,
) -> Wrote:
    told = [
        TokenLogprob(token=token, logprob=-1.0, bytes=list(token.encode()), top_logprobs=[])
        for token in scores or []
    ]
    return Wrote("j", 0, [1], text, reasoning, calls or [], told, shown or [])


def tokens(choice: Choice, begin: int = 0, end: int | None = None) -> list[str]:
    return [score.token for score in choice.logprobs(begin, end)]


def test_text_and_thinking_have_offsets_of_their_own() -> None:
    choice = Choice("c")
    choice.take(wrote(reasoning="Hm"))
    choice.take(wrote("Ho"))
    choice.take(wrote(reasoning="m"))
    assert (choice.text, choice.reasoning.text) == ("Ho", "Hmm")
    assert choice.reasoning.read(2) == "m"


def test_calls_grow_and_have_ids() -> None:
    choice = Choice("c")
    choice.take(wrote(calls=[CallWritten(0, "open_door", "{"), CallWritten(1, "sing", "")]))
    choice.take(wrote(calls=[CallWritten(0, None, "}"), CallWritten(1, None, "{}")]))
    told = [(call.id, call.name, call.arguments.text) for call in choice.calls]
    assert told == [("call_c_0", "open_door", "{}"), ("call_c_1", "sing", "{}")]


def test_a_round_is_told_from_those_before() -> None:
    choice = Choice("c")
    choice.take(wrote("At once.", reasoning="Hm", calls=[CallWritten(0, "open_door", "{}")]))
    assert (choice.round_text, choice.round_reasoning) == ("At once.", "Hm")
    choice.begin_round()
    assert choice.pending == []
    choice.take(wrote(reasoning="Well"))
    choice.take(wrote("Open", calls=[CallWritten(0, "sing", "{}")]))
    choice.take(wrote(" now."))
    assert (choice.round_text, choice.round_reasoning) == ("Open now.", "Well")
    assert choice.text == f"At once.{ROUND_BREAK}Open now."
    assert choice.reasoning.text == f"Hm{ROUND_BREAK}Well"
    assert [call.id for call in choice.pending] == ["call_c_1"]


def test_a_round_after_one_without_text_begins_without_a_break() -> None:
    choice = Choice("c")
    choice.begin_round()
    choice.take(wrote("Open"))
    assert choice.text == choice.round_text == "Open"


def test_probabilities_belong_to_the_text_that_left_with_their_tokens() -> None:
    choice = Choice("c")
    choice.take(wrote("He", scores=["He"], shown=[True]))
    choice.take(wrote(scores=["ll"]))
    choice.take(wrote("llo", scores=["o"], shown=[True, True]))
    choice.take(wrote(scores=["<tool>"], shown=[False]))
    choice.take(wrote("!", scores=["!"], shown=[True]))
    assert tokens(choice) == ["He", "ll", "o", "!"]
    assert tokens(choice, 0, 2) == ["He"]
    assert tokens(choice, 2, 5) == ["ll", "o"]
    assert tokens(choice, 5) == ["!"]
    assert tokens(choice, 6) == []


def test_no_more_text_is_told_than_its_tokens_allow() -> None:
    choice = Choice("c")
    for token in ("a", "b", "c"):
        choice.take(wrote(token, scores=[token], shown=[True]))
    assert choice.offset_of(0, 2) == 2
    assert choice.offset_of(1, 1) == 2
    assert choice.offset_of(1, 9) == 3


def test_of_a_reply_that_was_interrupted_nobody_hears_more() -> None:
    choice = Choice("c")
    choice.take(wrote("Hello"))
    choice.heard = 2
    choice.take(wrote(" you", calls=[CallWritten(0, "sing", "{}")]))
    assert (choice.text, choice.calls) == ("He", [])
