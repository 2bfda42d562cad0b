"""Sentences are told as each is over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.wire.sentences import SentenceReader

TALK = (
    'Well met! "Stop!" he said. Mr. J. Smith paid 3.50 gold... and left. Then… Nothing. '
    "Come in, e.g. now. I am I. You see.\n1. First item. 2. Second one.\n\n"
    "«Halte !» dit-il. 你好。我是店主！“真的？”他问。 What? no. (Really.) Done"  # noqa: RUF001
)
SENTENCES = [
    "Well met!",
    '"Stop!" he said.',
    "Mr. J. Smith paid 3.50 gold... and left.",
    "Then…",
    "Nothing.",
    "Come in, e.g. now.",
    "I am I.",
    "You see.",
    "1. First item.",
    "2. Second one.",
    "«Halte !» dit-il.",
    "你好。",
    "我是店主！",  # noqa: RUF001 - the mark that Chinese has
    "“真的？”",  # noqa: RUF001 - as above
    "他问。",
    "What?",
    "no.",
    "(Really.)",
    "Done",
]


def said(text: str, size: int) -> list[str]:
    reader = SentenceReader()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [each for piece in pieces for each in reader.push(piece)] + reader.finish()


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_a_talk_falls_into_its_sentences(size: int) -> None:
    assert said(TALK, size) == SENTENCES


@pytest.mark.parametrize(
    ("pieces", "sentences"),
    [
        (["Well met!", " "], ["Well met!"]),
        (["Well met.", " "], []),
        (["Well met.", " ", "Y"], ["Well met."]),
        (["Well met.\n"], ["Well met."]),
        (["Well met.", "\n"], ["Well met."]),
        (["你好。"], []),
        (["你好。", "我"], ["你好。"]),
        (["No end here"], []),
        (["\n \n"], []),
        (["It was 12. The end"], ["It was 12."]),
    ],
)
def test_a_sentence_is_told_as_soon_as_it_is_known_to_be_over(
    pieces: list[str], sentences: list[str]
) -> None:
    reader = SentenceReader()
    assert [each for piece in pieces for each in reader.push(piece)] == sentences


def test_nothing_is_left_of_nothing() -> None:
    assert SentenceReader().finish() == []


@given(st.text(alphabet='aA1 .!?…"\n。)I', max_size=40), st.integers(1, 5))
def test_in_whatever_pieces_a_text_comes_its_sentences_are_the_same(text: str, size: int) -> None:
    whole = said(text, 1000)
    assert said(text, size) == whole
    assert "".join("".join(whole).split()) == "".join(text.split())
