"""Schemas are rewritten soundly, or refused by name."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.conditions import CONDITIONAL, CONDITIONS
from bridge.grammar.keywords import CHECKS
from bridge.grammar.schema import MAX_NODES, MAX_OPTIONAL, rewrite
from bridge.grammar.tree import Place, Tree
from bridge.protocol import Json
from tests.grammar.matching import allows

INTEGER: Json = {"type": "integer"}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"not": {"type": "string"}}, [1, None, {}], ["x"]),
        ({"type": "string", "not": {"enum": ["foo", "fo", "bar"]}}, ["f", "fooo", "ba", ""],
         ["foo", "fo", "bar"]),
        ({"type": "integer", "not": {"enum": [3, 5]}}, [2, 4, 6], [3, 5]),
        ({"type": "boolean", "not": {"const": True}}, [False], [True]),
        ({"not": {"enum": [None, True, 7]}}, [False, 8, "x"], [None, True, 7]),
        ({"type": "integer", "not": {"minimum": 3, "maximum": 5}}, [2, 6], [3, 4, 5]),
        ({"type": "string", "not": {"minLength": 2}}, ["", "a"], ["ab"]),
        ({"type": "string", "not": {"maxLength": 2}}, ["abc"], ["ab"]),
        ({"type": "object", "not": {"required": ["a"]}}, [{}, {"b": 1}], [{"a": 1}]),
        ({"not": {"not": {"type": "integer"}}}, [1], ["x"]),
        ({"not": {"allOf": [{"minimum": 3}, {"type": "number"}]}}, [2, "x"], [3]),
        ({"not": {"anyOf": [{"type": "number"}, {"type": "string"}]}}, [None], [1, "x"]),
        ({"not": {"properties": {"a": INTEGER}, "required": ["a"]}}, [{}, {"a": "x"}],
         [{"a": 1}]),
        ({"not": {"$ref": "#/$defs/n"}, "$defs": {"n": {"type": "number"}}}, ["x"], [1]),
        ({"if": {"type": "integer"}, "then": {"minimum": 3}, "else": {"type": "null"}},
         [3, None], [2, "x"]),
        ({"type": "integer", "if": {"minimum": 10}, "else": {"maximum": 5}}, [12, 5], [7]),
        ({"type": "integer", "if": {"minimum": 10}}, [7], ["x"]),
        ({"type": "integer", "then": {"minimum": 10}, "else": {}}, [7], ["x"]),
        ({"oneOf": [INTEGER, {"type": "integer", "minimum": 10}]}, [9], [10, "x"]),
        ({"oneOf": [{"type": "string"}, {"type": "null"}]}, ["x", None], [1]),
        ({"dependentRequired": {"a": ["b"]}}, [{}, {"b": 1, "a": 2}, 7], [{"a": 1}]),
        ({"dependentSchemas": {"a": {"properties": {"b": INTEGER}}}},
         [{"b": "x"}, {"b": 1, "a": 1}], [{"b": "x", "a": 1}]),
        ({"propertyNames": {"pattern": "^a"}, "properties": {"b": True}}, [{}, {"ab": 1}],
         [{"b": 1}, {"c": 1}]),
        ({"propertyNames": {"enum": ["a", "b"]}}, [{"a": 1}, {"b": 1}], [{"c": 1}]),
        ({"propertyNames": {"enum": ["a", "é"]}, "properties": {"é": INTEGER, "c": True}},
         [{"é": 1}, {"a": "x"}], [{"é": "x"}, {"c": 1}, {"b": 1}]),
        ({"propertyNames": {"minLength": 2}, "properties": {"ab": True, "c": True}},
         [{"ab": 1}], [{"c": 1}]),
        ({"propertyNames": {"pattern": "^.b"}, "properties": {"ab": True, "cd": True}},
         [{"ab": 1}], [{"cd": 1}]),
        ({"oneOf": [{"type": "string", "pattern": "^a"}, INTEGER]}, ["a", 1], ["b", None]),
        ({"not": False}, [1, "x"], []),
        ({"enum": ["a", 1]}, ["a", 1], ["b"]),
        ({"items": True, "additionalItems": False, "type": "array"}, [[1]], [1]),
        ({"not": {"title": "T", "x-y": 1, "type": "string"}}, [1], ["x"]),
        ({"const": {"a": [1]}}, [{"a": [1]}], [{"a": [2]}]),
        ({"unevaluatedItems": INTEGER}, [[1]], [["x"]]),
        ({"propertyNames": {"const": "a"}}, [{"a": 1}], [{"b": 1}]),
        ({"propertyNames": {"enum": [1]}}, [{}], [{"b": 1}]),
        ({"propertyNames": {"type": "string", "maxLength": 2}}, [{"ab": 1}], [{"abc": 1}]),
        ({"propertyNames": {"type": "string"}}, [{"ab": 1}], []),
        ({"propertyNames": True}, [{"ab": 1}], []),
        ({"propertyNames": False}, [{}, 1], [{"a": 1}]),
        ({"propertyNames": {"$ref": "#/$defs/n"}, "$defs": {"n": {"minLength": 2}}},
         [{"ab": 1}], [{"a": 1}]),
        ({"contains": True, "minContains": 2, "maxContains": 3, "type": "array"}, [[1, 2]],
         [[1], [1, 2, 3, 4]]),
        ({"contains": {}, "type": "array"}, [[1]], [[]]),
        ({"contains": INTEGER, "minContains": 0}, [["x"]], []),
        ({"minContains": 3, "type": "array"}, [[]], [1]),
        ({"type": "array", "uniqueItems": False}, [[1, 1]], []),
        ({"type": "array", "uniqueItems": True, "maxItems": 1.0}, [[1]], [[1, 1]]),
        ({"type": "object", "minProperties": 2, "required": ["a", "b"]}, [{"a": 1, "b": 1}],
         [{"a": 1}]),
        ({"type": "object", "minProperties": 1}, [{"a": 1}], [{}]),
        ({"properties": {"a": True}, "unevaluatedProperties": False}, [{"a": 1}], [{"b": 1}]),
        ({"allOf": [{"properties": {"a": True}, "patternProperties": {"^p": True}}],
          "properties": {"b": True}, "unevaluatedProperties": INTEGER},
         [{"a": "x", "b": "x"}, {"c": 1}, {"px": "x"}], [{"c": "x"}]),
        ({"$ref": "#/$defs/base", "unevaluatedProperties": False,
          "$defs": {"base": {"properties": {"a": True}}}}, [{"a": 1}], [{"b": 1}]),
        ({"additionalProperties": INTEGER, "unevaluatedProperties": False}, [{"a": 1}], []),
        ({"unevaluatedProperties": True}, [{"a": 1}], []),
        ({"prefixItems": [True], "unevaluatedItems": False}, [["x"]], [["x", 1]]),
        ({"allOf": [{"prefixItems": [True, True]}, True], "prefixItems": [INTEGER],
          "unevaluatedItems": False}, [[1, "x"]], [[1, "x", 1]]),
        ({"items": INTEGER, "unevaluatedItems": False}, [[1]], [["x"]]),
        ({"unevaluatedItems": True}, [[1]], []),
        ({"type": "string", "pattern": r"^\d+.[^\w\s]$"}, ["12x!"], ["x"]),
        ({"patternProperties": {"^a": INTEGER}}, [{"ab": 1}], [{"ab": "x"}]),
        ({"title": "T", "x-order": 1, "discriminator": {}, "type": "integer"}, [1], ["x"]),
        (True, [1, "x"], []),
        ({"format": "date"}, ["2026-01-31", "2024-02-29", "2000-02-29", "0004-02-29", 5],
         ["x", "2026-02-29", "1900-02-29", "2026-04-31", "0000-01-01", "2026-13-01"]),
        ({"type": "number", "multipleOf": 0.25}, [0.75], [0.3]),
        ({"type": "integer", "multipleOf": 2000.0}, [4000], [2001]),
        ({"type": "integer", "minimum": -2**63, "maximum": 2**63 - 1}, [-5, 10**18], [2**63]),
        ({"type": "number", "exclusiveMinimum": -1.7e308, "exclusiveMaximum": 1.7e308},
         [-0.5, 12345.5], ["x"]),
        ({"format": "time"}, ["23:59:59Z", "00:00:00.5+01:30"], ["24:00:00Z", "12:00:00"]),
        ({"format": "date-time"}, ["2026-01-31T12:00:00Z"], ["2026-02-30T12:00:00Z"]),
    ],
)  # fmt: skip
def test_what_is_rewritten_allows_what_the_schema_does(
    schema: Json, good: list[Json], bad: list[Json]
) -> None:
    for value in good:
        assert allows(schema, json.dumps(value, ensure_ascii=False)), value
        assert Draft202012Validator(schema).is_valid(value)  # type: ignore[arg-type]
    for value in bad:
        assert not allows(schema, json.dumps(value, ensure_ascii=False)), value


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"properties": {"a": {"contains": INTEGER}}}, "schema.properties.a.contains"),
        ({"items": {"uniqueItems": True}}, "schema.items.uniqueItems"),
        ({"$dynamicRef": "#x"}, "schema.$dynamicRef"),
        ({"anyOf": [{"madeUp": 1}]}, "schema.anyOf.0.madeUp"),
        ({"$schema": "http://example.org/mine"}, "schema.$schema"),
        ({"type": "string", "format": "hostel"}, "schema.format"),
        ({"$schema": {}}, "schema.$schema"),
        ({"not": {"format": "date"}}, "schema.not"),
        ({"not": {"type": [{}]}}, "schema.not"),
        ({"not": {"const": [1]}}, "schema.not"),
        ({"not": {"$ref": "#/nowhere"}}, "schema.not"),
        ({"not": 5}, "schema.not"),
        ({"if": {"pattern": "x"}, "then": False}, "schema.if"),
        ({"propertyNames": {"format": "date"}}, "schema.propertyNames"),
        ({"propertyNames": 5}, "schema.propertyNames"),
        ({"propertyNames": {"minLength": "x"}}, "schema.propertyNames"),
        ({"propertyNames": {"pattern": r"\p{L}"}}, "schema.propertyNames"),
        ({"not": {"not": 5, "allOf": [5]}}, "schema.not"),
        ({"propertyNames": {"maxLength": 2}, "patternProperties": {"a": True}},
         "schema.propertyNames"),
        ({"propertyNames": {"pattern": "(?=x)"}}, "schema.propertyNames"),
        ({"minProperties": 2}, "schema.minProperties"),
        ({"anyOf": [True], "unevaluatedProperties": False}, "schema.unevaluatedProperties"),
        ({"contains": True, "unevaluatedItems": False}, "schema.unevaluatedItems"),
        ({"$ref": "other.json", "unevaluatedItems": False}, "schema.unevaluatedItems"),
        ({"$id": "http://x/y", "not": {"$ref": "#/a"}, "a": True}, "schema.a"),
    ],
)  # fmt: skip
def test_what_a_reply_cannot_be_held_to_is_refused_by_name(schema: Json, keyword: str) -> None:
    with pytest.raises(HearsayError) as caught:
        rewrite(schema)
    assert (caught.value.code, caught.value.param) == (ErrorCode.UNSUPPORTED, keyword)
    assert keyword in caught.value.message


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        (5, "schema"),
        ({"items": 5}, "schema.items"),
        ({"allOf": 5}, "schema.allOf"),
        ({"allOf": []}, "schema.allOf"),
        ({"properties": []}, "schema.properties"),
        ({"required": "a"}, "schema.required"),
        ({"type": "hiccup"}, "schema.type"),
        ({"type": []}, "schema.type"),
        ({"type": [[]]}, "schema.type"),
        ({"format": {}}, "schema.format"),
        ({"enum": []}, "schema.enum"),
        ({"enum": 5}, "schema.enum"),
        ({"$ref": 5}, "schema.$ref"),
        ({"minItems": 1.5}, "schema.minItems"),
        ({"minItems": True}, "schema.minItems"),
        ({"minItems": -1}, "schema.minItems"),
        ({"minimum": "1"}, "schema.minimum"),
        ({"multipleOf": 0}, "schema.multipleOf"),
        ({"multipleOf": 2001}, "schema.multipleOf"),
        ({"multipleOf": 12.345}, "schema.multipleOf"),
        ({"multipleOf": "2"}, "schema.multipleOf"),
        ({"pattern": "("}, None),
        ({"pattern": "(?=x)"}, "schema.pattern"),
        ({"patternProperties": {"a**": True}}, "schema.patternProperties"),
        ({"const": "a\x00"}, "schema.const"),
        ({"enum": [{"a\x1f": 1}]}, "schema.enum"),
        ({"properties": {"\x7f": True}}, "schema.properties"),
        ({"dependentRequired": {"a": "b"}}, "schema.dependentRequired.a"),
        ({"enum": [0] * MAX_NODES}, "schema"),
        (
            {
                "properties": dict.fromkeys(map(str, range(MAX_OPTIONAL + 2)), True),
                "required": ["1"],
            },
            "schema.properties",
        ),
        ({"const": "x" * (1 << 19)}, "schema"),
        ({"properties": {"x" * (1 << 19): True}}, "schema"),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(schema: Json, place: str | None) -> None:
    if place is None:  # Only a compiler can tell.
        with pytest.raises(HearsayError):
            allows(schema, "1")
        return
    with pytest.raises(HearsayError) as caught:
        rewrite(schema)
    assert (caught.value.code, caught.value.param) == (ErrorCode.INVALID_REQUEST, place)


def test_conditions_have_nothing_to_do_where_none_of_their_keywords_is() -> None:
    names: list[Json] = ["a"]
    others: dict[str, Json] = dict.fromkeys(CHECKS.keys() - CONDITIONAL, names)
    told = dict(others)
    for condition in CONDITIONS:
        condition(told, Place("schema"), Tree(told))
    assert told == others


def test_a_schema_that_is_too_deep_is_refused() -> None:
    schema: Json = True
    for _ in range(100):
        schema = {"items": schema}
    with pytest.raises(HearsayError, match="levels deep"):
        rewrite(schema)


def test_a_name_cannot_come_again_in_another_spelling() -> None:
    schema = {"type": "object", "properties": {"a": INTEGER}, "required": ["a"]}
    assert allows(schema, '{"a": 1, "b": "x"}')
    assert not allows(schema, '{"a": 1, "\\u0061": "x"}')


def test_blanks_between_the_parts_are_bounded() -> None:
    assert allows({"type": "array"}, "[1, 2,\n  3]")
    assert not allows({"type": "array"}, "[1,  2]")
    assert not allows({"type": "array"}, " []")


def test_a_reference_that_is_followed_for_ever_is_refused() -> None:
    schema = {"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}]}}}
    with pytest.raises(HearsayError, match=r"\$ref"):
        rewrite(schema)


def test_references_with_ids_below_them_are_left_to_the_compiler() -> None:
    schema = {"not": {"$ref": "#/$defs/a"}, "$defs": {"a": {"$id": "http://x/a"}}}
    with pytest.raises(HearsayError, match=r"\$ref"):
        rewrite(schema)


def test_references_lead_into_lists_and_through_escapes() -> None:
    schema: Json = {
        "not": {"$ref": "#/$defs/a~1b/anyOf/1"},
        "$defs": {"a/b": {"anyOf": [True, {"type": "string"}]}},
    }
    assert allows(schema, "1")
    assert not allows(schema, '"x"')


def test_older_drafts_have_lists_of_items() -> None:
    schema: Json = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "items": [INTEGER, {"type": "string"}],
        "additionalItems": False,
        "minItems": 2,
    }
    assert allows(schema, '[1, "x"]')
    assert not allows(schema, '["x", 1]')
    assert not allows(schema, '[1, "x", 2]')
