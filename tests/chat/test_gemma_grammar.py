"""Gemma's calls are held to their schema, and what their form cannot say is refused by name."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest

from bridge.chat.arguments import from_gemma
from bridge.chat.gemma_grammar import GemmaGrammar
from bridge.engine.constraint import ConstraintError, TokenTable
from bridge.engine.guidance import GuidanceCompiler
from bridge.errors import HearsayError
from bridge.grammar.lark import control, literal
from tests.grammar.matching import matches

Q = '<|"|>'


def lark(schema: Any, spelled: str = literal(Q)) -> str:
    made = GemmaGrammar(schema, name="v", path="p", quote=(Q, spelled), end="<end>")
    return "\n".join([f"start: {made.start}", *made.rules])


def of(value: Any, **more: Any) -> dict[str, Any]:
    return {"properties": {"a": value}, "required": ["a"], **more}


QUOTE, END = 256, 257


@cache
def compiler() -> GuidanceCompiler:
    """One whose vocabulary has a quote of its own, as Gemma's has."""
    table = TokenTable(
        texts=[*[bytes([byte]) for byte in range(256)], Q.encode(), b"<eos>"],
        controls=frozenset({QUOTE}),
        ends=frozenset({END}),
        tokenize=lambda text: list(text.encode()),
    )
    return GuidanceCompiler(table)


def matches_tokens(lark: str, text: str) -> bool:
    constraint = compiler().compile(lark)
    try:
        for byte in text.encode():
            constraint.accept(QUOTE if byte == ord("Q") else byte)
    except ConstraintError:
        return False
    return constraint.finished or bool(constraint.allowed()[END // 8] >> END % 8 & 1)


REFERS = {
    "properties": {"a": {"$ref": "#/$defs/node"}, "b": {"$ref": "#/$defs/node"}},
    "required": ["a"],
    "$defs": {
        "node": {"properties": {"next": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]}}}
    },
}
MANY = {
    "properties": {
        "b": {"type": "integer"},
        "A": {"type": "null"},
        "c": {"type": "boolean"},
        "d": False,
    },
    "required": ["b"],
}


@pytest.mark.parametrize(
    ("schema", "text", "right"),
    [
        (of({"type": "string"}), "{a:Qgo {b:1}Q}", True),
        (of({"type": "string"}), "{a:QQ}", True),
        (of({"type": "string"}), "{a:Q<end>Q}", False),
        (of({"type": "string"}), "{a:5}", False),
        (of({"type": "string", "minLength": 2, "maxLength": 3}), "{a:Qa/bQ}", True),
        (of({"type": "string", "minLength": 2, "maxLength": 3}), "{a:QaQ}", False),
        (of({"type": "string", "pattern": "^a|b$", "maxLength": 4}), "{a:QxxbQ}", True),
        (of({"type": "string", "pattern": "^a|b$", "maxLength": 4}), "{a:QxbxQ}", False),
        (of({"type": "string", "pattern": "[/(]"}), "{a:Qx/Q}", True),
        (of({"type": "string", "format": "date"}), "{a:Q2024-02-29Q}", True),
        (of({"type": "string", "format": "date"}), "{a:QtodayQ}", False),
        (of({"pattern": "a"}), "{a:QaQ}", True),
        (of({"type": "integer", "minimum": 3}), "{a:3}", True),
        (of({"type": "integer", "minimum": 3}), "{a:2}", False),
        (of({"type": ["number", "null"]}), "{a:2.5}", True),
        (of({"type": ["number", "null"]}), "{a:null}", True),
        (of({"enum": ["x", "y", 5, None, "", 2.0, True, [1, "x"], {"k": "x"}]}), "{a:QyQ}", True),
        (of({"enum": ["x", "", [1, "x"]]}), "{a:[1,QxQ]}", True),
        (of({"enum": ["x", "", {"k": "x"}]}), "{a:{k:QxQ}}", True),
        (of({"enum": ["x", ""]}), "{a:QQ}", True),
        (of({"enum": ["x", 5], "type": "integer"}), "{a:QxQ}", False),
        (of({"const": 5}), "{a:5}", True),
        (of({"const": 5}), "{a:6}", False),
        (of({"allOf": [{"type": "boolean"}]}), "{a:true}", True),
        (of({"type": "array", "items": {"type": "integer"}}), "{a:[]}", True),
        (of({"type": "array", "items": {"type": "integer"}}), "{a:[1,2]}", True),
        (of({"type": "array", "minItems": 1, "maxItems": 2}), "{a:[]}", False),
        (of({"type": "array", "minItems": 1, "maxItems": 2}), "{a:[1,QxQ]}", True),
        (of({"type": "array", "minItems": 1, "maxItems": 2}), "{a:[1,2,3]}", False),
        (of({"type": "array", "maxItems": 0}), "{a:[]}", True),
        (of(True), "{a:{x:[QyQ,null],y:{}}}", True),
        (of(True), "{}", False),
        (of(True), "{a:1,b:2}", False),
        ({"type": "object"}, "{some-thing:1,b:QQ}", True),
        ({"type": "object"}, "{}", True),
        ({"additionalProperties": {"type": "null"}}, "{a:null}", True),
        ({"additionalProperties": {"type": "null"}}, "{a:1}", False),
        ({"additionalProperties": False}, "{}", True),
        ({"additionalProperties": False}, "{a:1}", False),
        ({"required": ["a"]}, "{a:1}", True),
        (MANY, "{b:1}", True),
        (MANY, "{A:null,b:1,c:true}", True),
        (MANY, "{b:1,c:false}", True),
        (MANY, "{A:null}", False),
        (MANY, "{b:1,}", False),
        (MANY, "{c:true,b:1}", False),
        (REFERS, "{a:{next:{next:null}},b:{}}", True),
        (REFERS, "{a:{next:1}}", False),
    ],
)
def test_what_a_call_may_say(schema: Any, text: str, right: bool) -> None:
    written = text.replace("Q", Q)
    assert matches(lark(schema), written) is right
    assert matches_tokens(lark(schema, control(QUOTE)), text) is right
    if right:
        jsonschema.validate(json.loads(from_gemma(written, Q)), {"type": "object", **schema})


@pytest.mark.parametrize(
    ("schema", "field"),
    [
        (of({"type": "string", "format": "email"}), "p.properties.a.format"),
        (of({"type": "string", "pattern": "a^b"}), "p.properties.a.pattern"),
        (of({"type": "string", "allOf": [{"minLength": 2}]}), "p.properties.a.allOf"),
        (of({"allOf": [{"type": "string"}, {"type": "null"}]}), "p.properties.a.allOf"),
        (of({"anyOf": [{"type": "null"}], "type": "null"}), "p.properties.a.anyOf"),
        (of({"anyOf": [{"type": "null"}], "enum": [1]}), "p.properties.a.anyOf"),
        (of({"enum": [f"a{Q}"]}), "p.properties.a.enum"),
        (of({"enum": ["a"], "type": ["null"]}), "p.properties.a.enum"),
        (of({"$ref": "elsewhere"}), "p.properties.a.$ref"),
        (of(False), "p.properties.a.false"),
        (of({"patternProperties": {"x": {}}}), "p.properties.a.patternProperties"),
        ({"properties": {"a b": {}}}, "p.properties.a b"),
    ],
)
def test_what_a_call_cannot_be_held_to_is_refused_by_name(schema: Any, field: str) -> None:
    with pytest.raises(HearsayError) as caught:
        lark(schema)
    assert caught.value.param == field
