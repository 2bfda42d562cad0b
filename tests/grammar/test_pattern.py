"""JavaScript's regexes in Rust's syntax."""

from __future__ import annotations

import pytest

from bridge.grammar.pattern import PatternError, none_of, translate
from tests.grammar.matching import matches


@pytest.mark.parametrize(
    ("pattern", "rust"),
    [
        (r"^a.b$", r"^a[^\n\r\x{2028}\x{2029}]b$"),
        (r"\d\D\w\W", "[0-9][^0-9][0-9A-Za-z_][^0-9A-Za-z_]"),
        (r"[\d&&x~[]", r"[0-9\&\&x\~\[]"),
        (r"[\s\S]*", r"[\s\S]*"),
        (r"(?<name>a)+?(?:b)", r"(?:a)+(?:b)"),
        (r"a{1,2}?{x}]", r"a{1,2}\{x\}\]"),
        (r"\u0041\u{1F600}\x42\0\n\/", r"\x{0041}\x{1F600}\x{42}\x00\n\x{2f}"),
        (r"\p{L}[\]\-]", r"\p{L}[\x{5d}\x{2d}]"),
    ],
)
def test_what_both_know_is_translated(pattern: str, rust: str) -> None:
    assert translate(pattern) == rust


@pytest.mark.parametrize(
    "pattern",
    [r"(?=a)", r"(?<!a)", r"(?i)a", r"\bx", r"\1", r"\cA", "[^]", "[]", "[a", r"[\b]", r"[\D]",
     "a**", "a{2}??", "a\\", "[a\\"],
)  # fmt: skip
def test_what_rust_lacks_is_refused(pattern: str) -> None:
    with pytest.raises(PatternError):
        translate(pattern)


def test_all_texts_but_some_can_be_told() -> None:
    words = ["", "a", "ab", "b.", "ab"]
    rust = translate(none_of(words))
    for text in ["", "a", "ab", "b.", "abc", "b", "bx", "c", "aa", "b.x"]:
        assert matches(f"start: /{rust}/", text) is (text not in words), text
