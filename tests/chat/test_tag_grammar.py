"""Arguments between tags are held to their schema, and what tags cannot say is refused by name."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from bridge.chat.arguments import from_tags
from bridge.chat.tag_grammar import TagGrammar, any_tags
from bridge.errors import HearsayError
from tests.grammar.matching import matches


def of(value: Any, **more: Any) -> dict[str, Any]:
    return {"properties": {"a": value}, "required": ["a"], **more}


def tagged(value: str, key: str = "a") -> str:
    return f"<parameter={key}>\n{value}\n</parameter>\n"


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("schema", "text", "right"),
    [
        (of(TEXT), tagged("go </b> there"), True),
        (of(TEXT), tagged(""), True),
        (of(TEXT), tagged("a</parameter>b"), False),
        (of(TEXT), tagged("a</function>b"), False),
        (of({**TEXT, "minLength": 2, "maxLength": 3}), tagged("ab"), True),
        (of({**TEXT, "minLength": 2, "maxLength": 3}), tagged("a"), False),
        (of({**TEXT, "minLength": 2, "maxLength": 3}), tagged("abcd"), False),
        (of({**TEXT, "pattern": "^a"}), tagged("abc"), True),
        (of({**TEXT, "pattern": "^a"}), tagged("bc"), False),
        (of({**TEXT, "format": "date"}), tagged("2024-02-29"), True),
        (of({**TEXT, "enum": ["x", 5, "y"]}), tagged("y"), True),
        (of({**TEXT, "enum": ["x", 5, "y"]}), tagged("5"), False),
        (of({**TEXT, "const": "x"}), tagged("x"), True),
        (of({**TEXT, "const": "x"}), tagged("y"), False),
        (of({"enum": ["x", 5]}), tagged('"x"'), True),
        (of({"type": "integer"}), tagged("5"), True),
        (of({"type": "integer"}), tagged("5.5"), False),
        (of({"type": "array", "items": TEXT}), tagged('["</parameter>", "</function>"]'), True),
        (of({"type": "array", "items": {**TEXT, "pattern": r"^a.b$"}}), tagged('["a-b"]'), True),
        (of({"type": "array", "items": {**TEXT, "pattern": r"^a.b$"}}), tagged('["a"]'), False),
        (of({"type": "array", "items": {"format": "time"}}), tagged('["12:00:00.5Z"]'), True),
        (of({"type": "array", "items": {"format": "time"}}), tagged('["25:00:00Z"]'), False),
        (of(True), tagged('{"x": null}'), True),
        (of({"$ref": "#/$defs/b"}, **{"$defs": {"b": {"type": "null"}}}), tagged("null"), True),
        ({"properties": {"b": TEXT, "a": TEXT}}, tagged("x"), True),
        ({"properties": {"b": TEXT, "a": TEXT}}, tagged("x", "b") + tagged("x"), True),
        ({"properties": {"b": TEXT, "a": TEXT}}, tagged("x") + tagged("x", "b"), False),
        ({}, "", True),
        ({}, tagged("x"), False),
    ],
)
def test_what_a_call_may_say(schema: Any, text: str, right: bool) -> None:
    made = TagGrammar(schema, name="v", path="p")
    lark = "\n".join([f'start: {made.start} "."', *made.rules])
    assert matches(lark, text + ".") is right
    if right:
        jsonschema.validate(json.loads(from_tags(text, schema)), schema)


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (of({**TEXT, "format": "email"}), "p.properties.a.format"),
        (of({**TEXT, "pattern": "a^b"}), "p.properties.a.pattern"),
        (of({**TEXT, "enum": ["x"], "minLength": 1}), "p.properties.a.minLength"),
        (of({**TEXT, "enum": ["", "x"]}), "p.properties.a.enum"),
        (of({**TEXT, "enum": [5]}), "p.properties.a.enum"),
        (of({**TEXT, "const": "</function>"}), "p.properties.a.enum"),
        ({"required": ["a"]}, "p.required"),
        ({"anyOf": [{"required": ["a"]}]}, "p.anyOf"),
        (of(TEXT, maxProperties=1), "p.maxProperties"),
        ({"properties": {"a b": TEXT}}, "p.properties.a b"),
        (of({"type": "array", "items": {"$ref": "#"}}), "p.$ref"),
        ({"properties": {"b": TEXT, "a": {"$ref": "#/properties/b"}}}, "p.$ref"),
    ],
)
def test_what_a_call_cannot_be_held_to_is_refused_by_name(schema: Any, field: str) -> None:
    with pytest.raises(HearsayError) as caught:
        TagGrammar(schema, name="v", path="p")
    assert caught.value.param == field


def test_any_arguments() -> None:
    rule, more = any_tags("v")
    lark = "\n".join([f"start: {rule}", *more])
    assert matches(lark, tagged("x") + tagged("", "b"))
    assert not matches(lark, "x")
