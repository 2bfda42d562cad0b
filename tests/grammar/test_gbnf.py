"""llama.cpp's grammars mean here what they mean there."""

from __future__ import annotations

import pytest

from bridge.grammar.gbnf import GbnfError, to_lark
from tests.grammar.matching import matches

ARITHMETIC = r"""
root  ::= (expr "=" ws term "\n")+   # as llama.cpp shows it
expr  ::= term ([-+*/] term)*
term  ::= ident | num |
          "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]* ws
num   ::= [0-9]+ ws
ws    ::= [ \t\n]*
"""


@pytest.mark.parametrize(
    ("grammar", "good", "bad"),
    [
        ('root ::= "yes" | "no"', ["yes", "no"], ["ye", "yesno"]),
        # A lexer that takes the longest match would not find the first of these.
        ('root ::= "a" "bc" | "ab" "d"', ["abc", "abd"], ["abcd"]),
        ('root ::= x "b" | "(" root ")"\nx ::= [a-z]*', ["ab", "bb", "((b))"], ["a", "(b"]),
        (
            "root ::= [^a-c\\]\\x41-] . [\\u00e9\\U0001F600]",
            ["d!é", "e\n😀"],
            ["axé", "A!é", "-!é"],
        ),
        ('root ::= "a"{2} "b"{1,} "c"{0,2} "d"?', ["aab", "aabbccd"], ["ab", "aabccc"]),
        ('root ::= "\\"\\\\\\n\\t\\r\\[\\]"', ['"\\\n\t\r[]'], ["x"]),
        ('root ::= ("a" | )\n', ["a"], ["b"]),
        ('root ::= "(" root? ")" | ""', ["()", "(())"], ["("]),
        (ARITHMETIC, ["x=1\n", "(a+b) *c= 20\n"], ["x=", "x=1"]),
    ],
)
def test_a_grammar_allows_its_texts(grammar: str, good: list[str], bad: list[str]) -> None:
    lark = to_lark(grammar)
    assert [text for text in good if not matches(lark, text)] == []
    assert [text for text in bad if matches(lark, text)] == []


@pytest.mark.parametrize(
    ("grammar", "reason"),
    [
        ("root ::= foo", "no rule 'foo', in line 1"),
        ('x ::= "a"', "no rule 'root'"),
        ('root ::= "a', "expected a '\"'"),
        ("root ::= [a", "expected a ']'"),
        ("root ::= [a-", "expected a ']'"),
        ("root ::= [b-a]", "ends before it begins"),
        ("root ::= []", "a class is empty"),
        ("root ::= [^]", "a class is empty"),
        ('root ::= "a" )', "unexpected ')'"),
        ('root ::= ("a"', "expected ')'"),
        ('root ::= "\\q"', "unknown escape"),
        ('root ::= "\\x4"', "unknown escape"),
        ('root ::= "\\uD800"', "no character"),
        ('root = "a"', "expected '::='"),
        ("::=", "expected a rule's name"),
        ("root ::= *", "expected a text"),
        ('root ::= "a"{x}', "expected a count"),
        ('root ::= "a"{2001}', "more than 2000"),
        ('root ::= "a"{3,2}', "less than the first"),
        ("root ::= " + "(" * 99, "more than 50 deep"),
    ],
)
def test_a_wrong_grammar_is_refused_with_its_line(grammar: str, reason: str) -> None:
    with pytest.raises(GbnfError) as caught:
        to_lark(grammar)
    assert reason in str(caught.value)


def test_a_rule_that_would_be_an_endless_regex_is_none() -> None:
    lines = ['root ::= a0 "x"'] + [f"a{n} ::= a{n + 1} a{n + 1}" for n in range(20)]
    lark = to_lark("\n".join([*lines, "a20 ::= [a-z]"]))
    assert "r0" in lark
