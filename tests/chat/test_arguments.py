"""Arguments end where they do, and become JSON where they are none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.chat.arguments import ValueEnd, from_gemma, from_tags, whole_call

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(VALUES, st.sampled_from(["}", ",", "]", " ", "</tool_call>"]))
def test_a_value_ends_where_json_says(value: object, rest: str) -> None:
    written = json.dumps(value)
    end = ValueEnd()
    assert sum(end.feed(sign) for sign in written) == len(written)
    assert end.done or end.feed(rest) == 0
    assert end.done


@given(VALUES)
def test_a_value_is_found_in_one_piece_too(value: object) -> None:
    written = json.dumps(value)
    end = ValueEnd()
    assert end.feed(f"{written}}}") == len(written)


def test_space_before_a_value_is_none_of_it() -> None:
    end = ValueEnd()
    assert end.skip(" \n5") == 2
    end.feed("5")
    assert end.skip(" 5") == 0


def test_values_in_tags_are_read_by_their_schema() -> None:
    body = (
        "<parameter=a>\n5\n</parameter>\n<parameter=b>\n5\n</parameter>\n"
        "<parameter=c>\nnot json\n</parameter>"
    )
    schema = {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}}
    assert json.loads(from_tags(body, schema)) == {"a": "5", "b": 5, "c": "not json"}
    assert json.loads(from_tags(body, {}))["a"] == 5


def test_keys_without_quotes_get_them() -> None:
    written = '{a:<q>x:{}<q>,b:[{c:true}],"d":1}'
    assert json.loads(from_gemma(written, "<q>")) == {"a": "x:{}", "b": [{"c": True}], "d": 1}


@pytest.mark.parametrize("text", ["{", "5", "[]", '{"name": 5}', '[{"name": "a"}, 5]', "[5]"])
def test_what_is_no_call(text: str) -> None:
    assert whole_call(text, needs_arguments=False) == []


def test_a_call_may_leave_its_arguments_out_where_it_is_surely_one() -> None:
    assert whole_call('{"name": "a"}', needs_arguments=False) == [("a", "{}")]
    assert whole_call('{"name": "a"}', needs_arguments=True) == []
    assert whole_call('{"name": "a", "parameters": {"b": 1}}', needs_arguments=True) == [
        ("a", '{"b": 1}')
    ]
