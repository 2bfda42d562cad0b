"""The rules of the examination, on good and bad answers written by hand."""

from __future__ import annotations

import json

import pytest

from tools.demo_model.corpus.dialogue import Dialogue, Expect, Message, Tool, ToolCall
from tools.demo_model.evaluate.cases import KINDS, cases, schema
from tools.demo_model.evaluate.report import table
from tools.demo_model.evaluate.rules import (
    Reply,
    call_right,
    contains,
    judge,
    loops,
    record_right,
    thinking_right,
)

CALL = ToolCall("order", (("item", "stew"), ("count", 2)))
CALL_TEXT = '<tool_call>{"name": "order", "arguments": {"item": "stew", "count": 2}}</tool_call>'


def asked(reply: Message, *, thought: str | None = None, tools: bool = False) -> Dialogue:
    known = (Tool("order", "Brings a dish.", ("item", "count")),) if tools else ()
    return Dialogue((Message("user", "?"), reply), known, thought)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("I am Boris.", False),
        ("<think>They ask my name.</think>I am Boris.", True),
    ],
)
def test_a_thought_stands_before_the_answer_when_wanted(text: str, wanted: bool) -> None:
    assert thinking_right(text, wanted)
    assert not thinking_right(text, not wanted)


@pytest.mark.parametrize(
    "text",
    [
        "<think>No end",
        "<think></think>Empty.",
        "<think>No answer</think>",
        "First <think>late</think> then.",
        "<think>a</think>b<think>c</think>d",
    ],
)
def test_a_broken_thought_is_wrong_either_way(text: str) -> None:
    assert not thinking_right(text, wanted=True)
    assert not thinking_right(text, wanted=False)


def test_the_right_call_is_right() -> None:
    assert call_right(CALL_TEXT, CALL)
    assert call_right(f"<think>I can use order.</think>{CALL_TEXT}", CALL)


@pytest.mark.parametrize(
    "text",
    [
        "Two stews, coming up!",
        CALL_TEXT.replace("2", "3"),
        CALL_TEXT.replace("order", "sell"),
        CALL_TEXT.replace("stew", "soup"),
        CALL_TEXT.removesuffix("</tool_call>"),
        CALL_TEXT.replace("}}", "}"),
        f"Gladly. {CALL_TEXT}",
    ],
)
def test_another_call_is_wrong(text: str) -> None:
    assert not call_right(text, CALL)


def test_a_call_that_nobody_asked_for_is_wrong() -> None:
    assert not call_right(CALL_TEXT, None)
    assert call_right("Good day.", None)


def test_four_words_three_times_are_a_loop() -> None:
    assert loops("the sea is cold and the sea is cold and the sea is cold")
    assert not loops("the sea is cold and the sea is cold")
    assert not loops(
        "the three-headed hound sat. the three-headed hound ate. the three-headed hound"
    )
    assert not loops("")


def test_json_needs_the_same_keys_and_full_values() -> None:
    like = '{"mood": "happy", "line": "Hello."}'
    assert record_right('{"line": "Go.", "mood": "angry"}', like)
    assert record_right('{"mood": "sad", "text": "Go.", "action": "sighs"}', None)
    assert not record_right('{"mood": "sad", "price": "Go."}', None)
    assert not record_right('{"line": "Go.", "mood": "table"}', like)
    assert not record_right('{"mood": "happy"}', like)
    assert not record_right('{"mood": "", "line": "Go."}', like)
    assert not record_right('{"mood": 3, "line": "Go."}', like)
    assert not record_right('["mood", "line"]', like)
    assert not record_right('{"mood": "happy", "line": "Go', like)


def test_a_case_is_judged_by_the_rules_that_apply_to_it() -> None:
    wanted = Message("assistant", "I am Boris.", expect=Expect("name", ("Boris",)))
    good = judge(asked(wanted), Reply("My name is BORIS.", ended=True))
    assert good == {"ends": True, "no loop": True, "thinking tags": True, "name": True}
    bad = judge(asked(wanted), Reply("My name is Bor", ended=False))
    assert not bad["ends"]
    assert not bad["name"]


def test_a_name_in_the_thought_alone_does_not_count() -> None:
    wanted = Message("assistant", "I am Boris.", expect=Expect("name", ("Boris",)))
    reply = Reply("<think>I am Boris.</think>Good day.", ended=True)
    assert not judge(asked(wanted, thought="I am Boris."), reply)["name"]


def test_a_case_with_tools_is_judged_by_its_call() -> None:
    calling = asked(
        Message("assistant", "", call=CALL, expect=Expect("tool", ("order",))), tools=True
    )
    assert judge(calling, Reply(CALL_TEXT, ended=True))["tool call"]
    talking = asked(Message("assistant", "Good day."), tools=True)
    assert judge(talking, Reply("Good day.", ended=True))["no needless call"]
    assert judge(calling, Reply(CALL_TEXT, ended=True), held=True)["tool call, held"]
    assert judge(talking, Reply("Good day.", ended=True), held=True)["no needless call, held"]


def test_there_are_a_thousand_cases_and_they_are_always_the_same() -> None:
    assert sum(count for _, _, count in KINDS) >= 1000
    assert cases(share=0.02) == cases(share=0.02)


def test_nothing_is_asked_that_the_prompt_does_not_tell() -> None:
    from tools.demo_model.render import prompt

    for _, dialogue in cases(share=0.15):
        last = dialogue.messages[-1]
        if last.expect and last.expect.copied and not last.call:
            assert contains(prompt(dialogue), last.expect.words)


def test_the_expected_reply_of_every_case_passes_its_own_rules() -> None:
    from tools.demo_model.render import call_text

    for _, dialogue in cases(share=0.15):
        last = dialogue.messages[-1]
        text = call_text(last.call) if last.call else last.content
        if dialogue.thought is not None:
            text = f"<think>{dialogue.thought}</think>{text}"
        verdicts = judge(dialogue, Reply(text, ended=True))
        assert all(verdicts.values()), (verdicts, text)


def test_the_table_names_the_shares_and_the_goal() -> None:
    shown = table(
        {
            "at 0": [{"name": True}, {"name": False}, {"ends": True}],
            "at 1": [{"name": False}, {"name": False}],
        }
    )
    assert "| rule | cases | at 0 | at 1 | goal |" in shown
    assert "| name | 2 | 50.0 % | 0.0 % | 95 % |" in shown
    assert "| ends | 1 | 100.0 % |  | 97 % |" in shown


def test_json_under_a_constraint_is_judged_by_its_sense() -> None:
    text = '{"mood": "happy", "line": "I am Boris."}'
    wanted = asked(Message("assistant", text, expect=Expect("name", ("Boris",))))
    good = judge(wanted, Reply(text, ended=True), held=True)
    assert good["json, constrained"]
    assert "name" not in good
    senseless = Reply('{"mood": "happy", "line": "I am."}', ended=True)
    assert not judge(wanted, senseless, held=True)["json, constrained"]


def test_a_constraint_asks_for_the_keys_of_the_record() -> None:
    wanted = asked(Message("assistant", '{"mood": "happy", "line": "I am Boris."}'))
    found = json.loads(schema(wanted))
    assert found["required"] == ["mood", "line"]
    assert "happy" in found["properties"]["mood"]["enum"]
