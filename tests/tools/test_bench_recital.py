"""What the reciting model says, and what it is asked."""

from __future__ import annotations

from tools.bench.recital import CHANGED_EVERY, LENGTH, log, repeat, spoken

TOKENS = [b"x", *(f"Ġword{chr(97 + i // 26)}{chr(97 + i % 26)}".encode() for i in range(300))]


def test_the_log_is_made_of_words_of_one_token() -> None:
    assert spoken(TOKENS) == list(range(1, LENGTH + 1))
    assert log(TOKENS)[:2] == ["wordaa", "wordab"]


def test_one_word_of_many_is_another_in_what_is_asked() -> None:
    words = log(TOKENS)
    asked = repeat("m", words, seed=1)
    told = asked.messages[0].content.removeprefix("Quest log: ").removesuffix(".").split()
    changed = sum(one != other for one, other in zip(words, told, strict=True))
    assert 0 < changed <= LENGTH / CHANGED_EVERY
    assert asked.max_tokens == LENGTH
    assert repeat("m", words, seed=2) != asked
