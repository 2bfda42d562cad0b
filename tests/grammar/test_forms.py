"""Every kind of `response_format` becomes one grammar."""

from __future__ import annotations

import pytest

from bridge.engine.constraint import Constraint
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.closing import close
from bridge.grammar.forms import MAX_CHOICES, blame, write
from bridge.grammar.lark import control, literal
from bridge.protocol import Json, JsonSchemaFormat, ResponseFormat
from tests.grammar.matching import bytewise, matches

PERSON: Json = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
}


def schema(told: Json, **options: object) -> ResponseFormat:
    form = JsonSchemaFormat(schema=told, **options)  # type: ignore[arg-type]
    return ResponseFormat("json_schema", json_schema=form)


@pytest.mark.parametrize(
    ("form", "good", "bad"),
    [
        (ResponseFormat("json_object"), ['{"a": [1]}', "{}"], ["[]", "x"]),
        (ResponseFormat("json_object", schema=PERSON), ['{"age": 1}'], ["{}"]),
        (schema(PERSON), ['{"age": 1}'], ['{"age": 1, "b": 2}', '{"age": "x"}']),
        (schema(PERSON, strict=True), ['{"age": 1}'], ['{"age": 1, "b": 2}']),
        (schema(PERSON, strict=False), ['{"age": 1, "b": 2}'], ["{}"]),
        (schema(True), ["1", '"x"'], ["x"]),
        (ResponseFormat("choice", choices=["yes", 'a "b"', "no\n", "yes!"]),
         ["yes", 'a "b"', "no\n", "yes!"], ["ye", "yes?"]),
        (ResponseFormat("choice", choice=["a"]), ["a"], ["b"]),
        (ResponseFormat("regex", regex=r"[0-9]+/\/[a-z]"), ["12//a"], ["12/a"]),
        (ResponseFormat("regex", pattern="a|b"), ["a"], ["c"]),
        (ResponseFormat("grammar", grammar='start: "a" b+\nb: "x" | "y"'), ["axy"], ["a"]),
        (ResponseFormat("lark", grammar="start: /a+/"), ["aa"], ["b"]),
        (ResponseFormat("gbnf", grammar='root ::= "a"+'), ["aa"], [""]),
    ],
)  # fmt: skip
def test_a_reply_of_the_form_matches_and_no_other(
    form: ResponseFormat, good: list[str], bad: list[str]
) -> None:
    lark = write(form)
    assert lark is not None
    assert [text for text in good if not matches(lark, text)] == []
    assert [text for text in bad if matches(lark, text)] == []


def test_free_text_has_no_grammar() -> None:
    assert write(ResponseFormat("text")) is None


@pytest.mark.parametrize(
    ("form", "param"),
    [
        (ResponseFormat("poem"), "response_format.type"),
        (ResponseFormat("choice", choices=["x"] * (MAX_CHOICES + 1)), "response_format.choices"),
        (ResponseFormat("regex", regex="x" * (1 << 19)), "response_format.regex"),
        (ResponseFormat("gbnf", grammar="root ::="[:4]), "response_format.grammar"),
        (ResponseFormat("lark", grammar="start: A\nA: " + "/a/ & " * 9 + "/a/"),
         "response_format.grammar"),
        (schema({"items": {"contains": {"type": "null"}}}),
         "response_format.json_schema.schema.items.contains"),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be_held_is_refused_with_its_field(
    form: ResponseFormat, param: str
) -> None:
    with pytest.raises(HearsayError) as caught:
        write(form)
    assert caught.value.param == param


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        (schema({"$ref": "#/nowhere"}), "Invalid 'response_format.json_schema.schema': "),
        (schema({"allOf": [{"type": "null"}, {"type": "string"}]}), "no reply can match it"),
        (schema({"$ref": "#"}), "no reply can match it"),
        (ResponseFormat("regex", regex="(a"), "Invalid 'response_format.regex'"),
        (ResponseFormat("lark", grammar="start: foo"), 'unknown name: "foo"'),
    ],
)
def test_what_the_compiler_refuses_is_told_with_the_field(
    form: ResponseFormat, reason: str
) -> None:
    lark = write(form)
    assert lark is not None
    with pytest.raises(HearsayError) as caught:
        bytewise().compile(lark)
    error = blame(form, caught.value)
    assert error.code is ErrorCode.INVALID_REQUEST
    assert reason in error.message
    assert (error.param or "").startswith("response_format.")
    assert blame(form, error) is error


def test_only_plain_objects_are_closed() -> None:
    plain: Json = {"properties": {"a": {"items": {"properties": {"b": True}}}}}
    closed = close({**plain, "$defs": {"d": {"properties": {}}}})  # type: ignore[dict-item]
    assert closed == {
        "properties": {"a": {"items": {"properties": {"b": True}, "additionalProperties": False}}},
        "$defs": {"d": {"properties": {}, "additionalProperties": False}},
        "additionalProperties": False,
    }
    for joined in (
        {"allOf": [plain]},
        {"$ref": "#/$defs/x", "properties": {}},
        {"items": [{"allOf": [plain]}]},
    ):
        assert close(joined) == joined
    union: Json = {"anyOf": [{"properties": {"a": True}}, {"type": "null"}]}
    assert close(union) == {
        "anyOf": [
            {"properties": {"a": True}, "additionalProperties": False},
            {"type": "null"},
        ]
    }
    asked: Json = {"properties": {"a": True}, "required": ["a", "b"]}
    assert close(asked) == asked, "what is required and not described must be possible"
    mixed: Json = {"properties": {"a": True}, "anyOf": [{"properties": {"b": True}}]}
    assert close(mixed) == mixed


def test_free_text_can_lead_to_a_call_that_is_held_to_its_schema() -> None:
    from bridge.grammar.lark import json_rule

    lark = (
        f"start: (open {json_rule({'type': 'integer'})} {literal('</call>')})* TEXT\n"
        "open[lazy]: /(.|\\n)*<call>/\nTEXT: /(.|\\n)*/\n"
    )
    assert matches(lark, "no call")
    assert matches(lark, "so <call>12</call> and <call>3</call>")
    assert not matches(lark, "so <call>x</call>")
    assert not matches(lark, "so <call>12")


def test_a_control_token_is_matched_by_its_number_alone() -> None:
    constraint: Constraint = bytewise().compile(f'start: "a" {control(256)} "b"')
    constraint.accept(ord("a"))
    assert int.from_bytes(constraint.allowed(), "little") == 1 << 256
