"""The form of a reply, said in one of several ways."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ChatRequest, JsonSchemaFormat, ResponseFormat, Role
from bridge.wire.document import convert
from bridge.wire.forms import check_form, form, form_slips, is_json


def request(**fields: Any) -> ChatRequest:
    messages = [ChatMessage(Role.USER, "Hello")]
    if "response_format" in fields:
        fields["response_format"] = convert(fields["response_format"], ResponseFormat)
    return ChatRequest(model="m", messages=messages, **fields)


@pytest.mark.parametrize(
    ("fields", "kind", "json"),
    [
        ({}, None, False),
        ({"response_format": {"type": "text"}}, None, False),
        ({"response_format": {"type": "json_object"}}, "json_object", True),
        ({"response_format": {"type": "json_object", "schema": {}}}, "json_object", True),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": True}}},
         "json_schema", True),
        ({"response_format": {"type": "json_schema", "schema": {}}}, "json_schema", True),
        ({"response_format": {"type": "choice", "choices": ["a"]}}, "choice", False),
        ({"response_format": {"type": "choice", "choice": ["a"]}}, "choice", False),
        ({"response_format": {"type": "regex", "pattern": "a"}}, "regex", False),
        ({"response_format": {"type": "gbnf", "grammar": "root ::= x"}}, "gbnf", False),
        ({"grammar": "root ::= x"}, "gbnf", False),
        ({"json_schema": {"type": "null"}}, "json_schema", True),
        ({"json_schema": False}, "json_schema", True),
    ],
)  # fmt: skip
def test_a_form_is_told_in_one_way(fields: dict[str, Any], kind: str | None, json: bool) -> None:
    asked = request(**fields)
    told = form(asked)
    check_form(asked)
    assert (told and told.type) == kind
    assert is_json(asked) is json


def test_the_shorthand_for_a_schema_is_a_schema() -> None:
    told = form(request(json_schema={"type": "null"}))
    assert told
    assert told.json_schema == JsonSchemaFormat(schema={"type": "null"})


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {}}},
         "response_format.json_schema.schema"),
        ({"response_format": {"type": "json_schema", "json_schema": {"schema": 5}}},
         "response_format.json_schema.schema"),
        ({"response_format": {"type": "json_object", "schema": "x"}}, "response_format.schema"),
        ({"response_format": {"type": "choice"}}, "response_format.choices"),
        ({"response_format": {"type": "regex"}}, "response_format.regex"),
        ({"response_format": {"type": "lark"}}, "response_format.grammar"),
        ({"response_format": {"type": "lark", "grammar": "x" * (1 << 19)}},
         "response_format.grammar"),
        ({"response_format": {"type": "json_object", "schema": {"enum": ["x"] * 30000}}},
         "response_format.schema"),
        ({"response_format": {"type": "json_schema",
                              "json_schema": {"schema": {"enum": ["x"] * 30000}}}},
         "response_format.json_schema.schema"),
        ({"json_schema": "x"}, "json_schema"),
        ({"json_schema": {"enum": ["x"] * 30000}}, "json_schema"),
        ({"json_schema": {}, "grammar": "root ::= x"}, "response_format"),
        ({"response_format": {"type": "json_object"}, "grammar": "x"}, "response_format"),
    ],
)  # fmt: skip
def test_a_form_whose_parts_are_missing_or_wrong_is_refused(
    fields: dict[str, Any], param: str
) -> None:
    with pytest.raises(HearsayError) as caught:
        check_form(request(**fields))
    assert (caught.value.code, caught.value.param) == (ErrorCode.INVALID_REQUEST, param)


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"response_format": {"type": "poem"}}, "response_format.type"),
        ({"response_format": {"type": "json_object"}, "stop": ["x"]}, "stop"),
    ],
)
def test_what_cannot_be_promised_is_refused(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(HearsayError) as caught:
        form(request(**fields))
    assert (caught.value.code, caught.value.param) == (ErrorCode.UNSUPPORTED, param)


@pytest.mark.parametrize(
    ("form", "slips"),
    [
        ({"type": "json_object"}, {}),
        ("json_object", {}),
        ({"type": "regex", "patern": "x"}, {"response_format.patern": "response_format.pattern"}),
        (
            {"type": "json_schema", "json_schema": {"shema": {}}, "schema_injection": "full"},
            {
                "response_format.schema_injection": "response_format.json_schema.schema_injection",
                "response_format.json_schema.shema": "response_format.json_schema.schema",
            },
        ),
    ],
)
def test_fields_of_a_form_that_are_misspelled_or_misplaced_are_told(
    form: Any, slips: dict[str, str]
) -> None:
    assert form_slips({"response_format": form}) == slips
