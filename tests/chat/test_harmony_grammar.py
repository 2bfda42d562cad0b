"""gpt-oss's messages are held from their headers on."""

from __future__ import annotations

import pytest

from bridge.chat.calls import FORMATS
from bridge.chat.functions import functions
from bridge.chat.harmony_grammar import HarmonyGrammar
from bridge.grammar.lark import literal
from tests.chat.test_call_grammar import DOOR, SING
from tests.grammar.matching import matches

GRAMMAR = HarmonyGrammar(FORMATS[0], lambda text: literal(text) if text else "")
TO = "<|channel|>commentary to=functions.open_door <|constrain|>json<|message|>"
CALLS = [
    (TO + '{"door": "north"}', True),
    (' to=functions.sing<|channel|>commentary json<|message|>{"any": 1}', True),
    (TO + '{"door": "west"}', False),
    ("<|channel|>commentary to=functions.fly<|message|>{}", False),
    ("<|channel|>commentary to=functions.singing<|message|>{}", False),
]
FREE = ("<|channel|>final<|message|>", "<|start|>assistant<|channel|>commentary<|message|>")
THOUGHT = "<|channel|>analysis<|message|>"


@pytest.mark.parametrize(("text", "right"), CALLS)
def test_a_call_is_held_wherever_its_address_is(text: str, right: bool) -> None:
    for lark in (
        GRAMMAR.waiting(functions([DOOR, SING]), single=False),
        GRAMMAR.whole(functions([DOOR, SING]), single=True),
    ):
        assert matches(lark, text) is right


@pytest.mark.parametrize("text", FREE)
def test_a_message_to_nobody_is_free_unless_a_call_must_come(text: str) -> None:
    assert matches(GRAMMAR.waiting(functions([DOOR]), single=False), text)
    assert matches(GRAMMAR.waiting(functions([DOOR]), single=False), THOUGHT)
    assert matches(GRAMMAR.waiting(functions([DOOR]), single=False), "")
    assert not matches(GRAMMAR.whole(functions([DOOR]), single=False), text)


def test_a_reply_that_must_call_may_think_once_before() -> None:
    lark = GRAMMAR.whole(functions([DOOR]), single=True)
    call = TO + '{"door": "north"}'
    assert matches(lark, THOUGHT + "<|start|>assistant" + call)
    assert not matches(lark, THOUGHT * 2 + call)
    assert not matches(lark, THOUGHT)
    assert not matches(lark, "")


def test_a_reply_calls_or_has_its_form() -> None:
    lark = GRAMMAR.whole(functions([DOOR]), single=True, answer='%json {"type": "integer"}')
    assert matches(lark, FREE[0] + "12")
    assert matches(lark, TO + '{"door": "north"}')
    assert not matches(lark, FREE[0] + "twelve")
    assert not matches(lark, THOUGHT + "12")
