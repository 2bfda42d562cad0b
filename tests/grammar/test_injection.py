"""The model is told of a schema where that is asked for, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.grammar.injection import inject
from bridge.grammar.sketch import sketch
from bridge.protocol import (
    ChatMessage,
    Json,
    JsonSchemaFormat,
    ResponseFormat,
    Role,
    SchemaInjection,
    TextPart,
)

SCHEMA: Json = {
    "type": "object",
    "properties": {"mood": {"enum": ["glad", "sad"]}, "tags": {"items": {"type": "string"}}},
    "required": ["mood"],
}
HELLO = [ChatMessage(Role.SYSTEM, "You are Boris."), ChatMessage(Role.USER, "Hello")]


def form(how: SchemaInjection, **options: Any) -> ResponseFormat:
    return ResponseFormat(
        "json_schema",
        json_schema=JsonSchemaFormat(schema=SCHEMA, schema_injection=how, **options),
    )


@pytest.mark.parametrize("none", [None, ResponseFormat("text"), form(SchemaInjection.NONE)])
def test_nothing_changes_unasked(none: ResponseFormat | None) -> None:
    assert inject(HELLO, none) == HELLO


def test_the_shape_follows_the_last_word_of_the_user() -> None:
    told = inject(HELLO, form(SchemaInjection.CONCISE, name="Mood", description="how he feels"))
    assert told[0] == HELLO[0]
    assert told[1].content == (
        "Hello\n\nAnswer with JSON Mood (how he feels) of this shape:\n"
        '{"mood": "glad" | "sad", "tags"?: any}'
    )


def test_the_whole_schema_can_be_told() -> None:
    parts = [ChatMessage(Role.USER, [TextPart(text="Hello")])]
    [message] = inject(parts, form(SchemaInjection.FULL))
    assert isinstance(message.content, list)
    assert '"required": ["mood"]' in message.content[1].text


def test_without_a_user_the_schema_is_the_user() -> None:
    told = inject(HELLO[:1], form(SchemaInjection.CONCISE))
    assert [message.role for message in told] == [Role.SYSTEM, Role.USER]


@pytest.mark.parametrize(
    ("schema", "shape"),
    [
        (True, "any"),
        ({}, "any"),
        ({"const": 5}, "5"),
        ({"type": "null"}, "null"),
        ({"type": ["string", "null"]}, "string | null"),
        ({"type": "array", "items": {"type": "integer"}}, "integer[]"),
        ({"type": "array", "items": {"enum": [1, 2]}}, "(1 | 2)[]"),
        ({"type": "array"}, "any[]"),
        ({"type": "object"}, "{}"),
        ({"anyOf": [{"type": "string"}, {"type": "number"}]}, "string | number"),
        ({"allOf": [{"type": "boolean"}]}, "boolean"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}}}, "string"),
        ({"$ref": "#/nowhere/x"}, "any"),
        ({"$ref": "#"}, "any"),
    ],
)
def test_a_sketch_says_the_shape(schema: Json, shape: str) -> None:
    assert sketch(schema) == shape
