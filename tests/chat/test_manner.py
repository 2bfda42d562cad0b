"""A model's template and vocabulary tell how it thinks and calls."""

from __future__ import annotations

import pytest

from bridge.chat.manner import Manner, Wish
from bridge.chat.template import ChatTemplate
from tests.chat.test_prompt import Letters
from tests.chat.transcripts import DEEPSEEK, HARMONY, HERMES, THINK, TOOLS

CONTROLS = {"<think>": -4, "</think>": -5, "<tool_call>": -6, "<unknown>": -7}


class Tokens(Letters):
    """Letters, and a few control tokens of its own."""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        if special and text in CONTROLS:
            return [CONTROLS[text]]
        return super().tokenize(text, special=special, start=start)


def manner(source: str = THINK + HERMES) -> Manner:
    return Manner(ChatTemplate("{# " + source + " #}"), Tokens(), CONTROLS)


def test_tags_that_are_control_tokens_are_read_and_others_stay_unseen() -> None:
    flow = manner().flow("", Wish(tools=TOOLS))
    for token in (-4, ord("a"), -5, ord("b"), -7):
        flow.push(token, b"" if token < 0 else bytes([token]))
    news = flow.take()
    assert (news.reasoning, news.text) == ("a", "b")


def test_a_vocabulary_tells_the_style_where_the_template_does_not() -> None:
    assert manner("plain").style is not None
    assert Manner(ChatTemplate("plain"), Tokens()).style is None


def test_thinking_that_the_template_began_is_ended_where_none_is_wanted() -> None:
    assert manner().prompt("x<think>\n", thinks=False) == "x<think></think>"
    assert manner().prompt("x<think>\n", thinks=None) == "x<think>\n"
    assert manner().prompt("x", thinks=False) == "x"
    spaced = manner(THINK + r"{{ '\n</think>' }}")
    assert spaced.prompt("x<think>", thinks=False) == "x<think>\n</think>\n\n"


def test_thinking_is_begun_only_where_the_prompt_has_not() -> None:
    wish = Wish(must_think=True)
    assert manner().flow("", wish).forced == -4
    assert manner().flow("<think>", wish).forced is None


def test_where_headers_say_what_follows_a_budget_ends_the_thinking_alone() -> None:
    harmony = manner(HARMONY)
    for wish, closing in (
        (Wish(tools=TOOLS, budget=0), "<|end|>"),
        (Wish(tools=TOOLS, budget=0, waits=True), harmony.style and harmony.style.closing),
        (Wish(budget=0), harmony.style and harmony.style.closing),
    ):
        flow = harmony.flow("<|channel|>analysis<|message|>", wish)
        forced = ""
        while flow.forced is not None:
            forced += chr(flow.forced)
            flow.push(flow.forced, chr(flow.forced).encode())
        assert forced == closing


def test_a_text_for_a_grammar_has_its_control_tokens_by_number() -> None:
    assert manner().spell("a<think>b") == '"a" <[-4]> "b"'
    assert manner().spell("") == ""
    assert Manner(ChatTemplate("x"), Tokens()).spell("a") == '"a"'


@pytest.mark.parametrize(("source", "name"), [(DEEPSEEK, "deepseek"), ("plain", "hermes")])
def test_who_has_no_format_gets_the_common_one(source: str, name: str) -> None:
    assert manner(source).form.name == name
