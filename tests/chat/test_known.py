"""Known texts: the longest beginning wins, and the oldest text is forgotten."""

from __future__ import annotations

from array import array

from bridge.chat.known import Known, KnownTexts, Marks


def _known(text: str, token: int) -> Known:
    return Known(text, array("i", [token]), Marks(array("l", [len(text)]), array("l", [1])))


def test_the_longest_conversation_that_fits_is_the_one_that_goes_on() -> None:
    texts = KnownTexts()
    for token, text in enumerate(("ab", "abcd", "abcdef")):
        texts.put(_known(text, token))
    assert texts.beginning("abcde") == _known("abcd", 1)


def test_nothing_that_fits_is_nothing() -> None:
    texts = KnownTexts()
    texts.put(_known("ab", 1))
    assert not texts.beginning("a").tokens
    assert not texts.beginning("xy").tokens


def test_the_text_that_was_used_longest_ago_is_forgotten() -> None:
    texts = KnownTexts(limit=2)
    texts.put(_known("one", 1))
    texts.put(_known("two", 2))
    texts.beginning("one and more")
    texts.put(_known("three", 3))
    assert texts.get("one")
    assert texts.get("two") is None
