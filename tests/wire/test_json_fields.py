"""The values of a JSON text are told as each is complete."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.protocol import Json
from bridge.wire.json_fields import MAX_VALUE, FieldReader


def told(text: str, size: int = 1) -> list[tuple[str, Json]]:
    reader = FieldReader()
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    return [found for piece in pieces for found in reader.push(piece)]


def test_a_value_is_told_before_the_next_one_begins() -> None:
    reader = FieldReader()
    assert reader.push('{"mood": "gl') == []
    assert reader.push('ad"') == [("/mood", "glad")]
    assert reader.push(', "age": 4') == []
    assert reader.push("2}") == [("/age", 42)]


def test_inner_values_come_before_the_outer_ones() -> None:
    text = '{"a/~": {"x": [1, null]}, "b": "\\"\\\\", "c": []}'
    assert told(text) == [
        ("/a~1~0/x/0", 1),
        ("/a~1~0/x/1", None),
        ("/a~1~0/x", [1, None]),
        ("/a~1~0", {"x": [1, None]}),
        ("/b", '"\\'),
        ("/c", []),
    ]


@pytest.mark.parametrize("text", ["5 ", '"x"', "true\n", "[]", "{}"])
def test_the_whole_reply_is_no_field(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    "text", ["Hello, you", "]", '{"a": nix, "b": 1}', "[" * 100 + "1,", ": 1", ', "a"']
)
def test_what_is_no_json_is_left_alone(text: str) -> None:
    reader = FieldReader()
    assert reader.push(text) == []
    assert reader.push('{"a": 1}') == []


def test_what_is_too_long_is_not_told_and_not_kept() -> None:
    reader = FieldReader()
    long = "x" * (MAX_VALUE + 1)
    assert reader.push('{"a": "' + long) == []
    assert reader.push('", "b": 1, "c": ["') == [("/b", 1)]
    assert reader.push(long + '"], "d": {"e": 2') == []
    assert reader.push('}, "f": 3}') == [("/d/e", 2), ("/d", {"e": 2}), ("/f", 3)]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)


def _within(value: Json, pointer: str = "") -> list[tuple[str, Json]]:
    """Return the values within a value, inner ones first."""
    found: list[tuple[str, Json]] = []
    if isinstance(value, dict | list):
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in pairs:
            path = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
            found += [*_within(inner, path), (path, inner)]
    return found


@given(VALUES, st.integers(1, 9), st.sampled_from([None, 2]), st.booleans())
def test_in_whatever_pieces_a_text_comes_each_value_is_told_once(
    value: Json, size: int, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert told(text, size) == _within(value)
