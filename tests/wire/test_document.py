"""A body is a clean JSON object or refused, however large and strange it is."""

from __future__ import annotations

import json
import math
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from bridge.errors import ErrorCode, HearsayError
from bridge.wire.document import MAX_DEPTH, MAX_STRANGE, MAX_VALUES, convert, misspelled, parse


class Wish(Struct):
    count: int
    weight: float = 1.0
    name: str | list[str] | None = None
    inner: list[Wish] = []


def refusal(data: bytes) -> str:
    with pytest.raises(HearsayError) as caught:
        parse(data)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    return caught.value.message


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


def test_an_object_is_read() -> None:
    assert parse(b'{"a": [1, "two", null, true]}') == {"a": [1, "two", None, True]}


def test_a_whole_number_with_a_fraction_of_zero_is_an_integer() -> None:
    value = parse(b'{"a": 256.0}')["a"]
    assert value == 256
    assert isinstance(value, int)


@pytest.mark.parametrize("text", ["2.5", "1e300", "-9007199254740994.0"])
def test_other_numbers_with_a_fraction_stay_as_they_are(text: str) -> None:
    value = parse(f'{{"a": {text}}}'.encode())["a"]
    assert isinstance(value, float)
    assert value == float(text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "not valid JSON"),
        (b'{"a": 1', "line 1 column 8"),
        (b"{'a': 1}", "not valid JSON"),
        (b'{"a": 1} x', "not valid JSON"),
        (b'{"a": "line\nbreak"}', "not valid JSON"),
        (b"\xef\xbb\xbf{}", "not valid JSON"),
        (b'{"a": "\xff"}', "not valid UTF-8 at byte 7"),
        ('{"a": 1}'.encode("utf-16"), "not valid UTF-8"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'{"a": 1, "b": 2, "a": 3}', "The key 'a' is given twice"),
        (b'{"a": {"b": 1, "b": 1}}', "The key 'b' is given twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "-Infinity"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (nested(MAX_DEPTH + 1), "nested"),
        (nested(100_000), "nested"),
        (b"[" * 100_000, "nested"),
        (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "nested"),
    ],
)
def test_what_is_not_a_clean_object_is_refused(data: bytes, words: str) -> None:
    assert words in refusal(data)


@pytest.mark.parametrize(
    "value", [b"0", b"{}", b"[]", b'""', b"1e9", b'{"a":0}', b'"\\\\"', b'"\\""']
)
def test_a_document_of_a_million_values_is_refused_before_one_is_made(value: bytes) -> None:
    with pytest.raises(HearsayError, match=f"more than {MAX_VALUES} values"):
        parse(b'{"a": [' + b",".join([value] * (MAX_VALUES + 1)) + b"]}")
    few = b'{"a": [' + b",".join([value] * (MAX_VALUES // 4)) + b"]}"
    assert len(parse(few)["a"]) == MAX_VALUES // 4  # type: ignore[arg-type]


def test_strings_may_hold_as_many_signs_as_they_like() -> None:
    texts = [',"', ":{[", "\\", "", '":'] * 20_000
    document = {"a": texts, "b:": {"{": "[:"}}
    assert parse(json.dumps(document).encode()) == document


def test_a_body_that_is_mostly_signs_in_quotes_is_refused_unread() -> None:
    with pytest.raises(HearsayError, match="holds more than"):
        parse(b'{"a": [' + b'",",' * (2 * MAX_VALUES + 1) + b'""]}')


@pytest.mark.parametrize(
    "data",
    [
        b'{"a": ":", "b": {"c" :1, "c" :2}}',
        b'{"c": [{"c": 1, "\\u0063": ":{"}]}',
        b'{"x": "\\":", "c": 1, "c":"\\u003a"}',
    ],
)
def test_a_key_that_is_given_twice_is_found_beside_texts_with_colons(data: bytes) -> None:
    assert "The key 'c' is given twice" in refusal(data)


def test_signs_in_a_text_do_not_hide_what_is_nested_too_deep() -> None:
    assert "nested" in refusal(b'{"[{": "]]]{{{[[[", "a": ' + nested(MAX_DEPTH) + b"}")
    assert parse(b'{"[{": "]]]{{{[[[", "a": ' + nested(MAX_DEPTH - 1) + b"}")


def test_a_long_story_may_have_as_many_commas_as_it_likes() -> None:
    story = r'She said, "no, {not} \\", and [left], ' * (MAX_VALUES // 2)
    assert parse(json.dumps({"a": story, "b": "\\"}).encode()) == {"a": story, "b": "\\"}


@pytest.mark.parametrize("number", [1 << 64, 10**30, -(1 << 63) - 1])
def test_an_integer_that_no_worker_could_be_told_is_refused(number: int) -> None:
    param, message = mistake({"count": 1, "other": [{"b": 1}, {"b": number}]})
    assert param == "other[1].b"
    assert message == "Invalid 'other[1].b': an integer of more than 64 bits"


@pytest.mark.parametrize("value", [(1 << 64) - 1, -(1 << 63), str(10**30), 1e30])
def test_the_largest_integers_and_longer_digits_that_are_none_are_taken(value: object) -> None:
    assert convert({"count": 1, "other": [value]}, Wish) == Wish(1)


def test_the_deepest_document_that_is_allowed_is_read() -> None:
    assert parse(nested(MAX_DEPTH))


def test_a_whole_surrogate_pair_is_one_character() -> None:
    assert parse(b'{"a": "\\ud83d\\ude00"}') == {"a": "\N{GRINNING FACE}"}


@settings(deadline=None)
@given(st.binary())
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(HearsayError):
        parse(data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_any_clean_document_is_read_as_it_is(document: dict[str, Any]) -> None:
    def finite(value: Any) -> bool:
        if isinstance(value, dict):
            return all(finite(each) for each in value.values())
        if isinstance(value, list):
            return all(finite(each) for each in value)
        return not isinstance(value, float) or math.isfinite(value)

    if finite(document):
        assert parse(json.dumps(document).encode()) == document


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    document = draw(st.dictionaries(st.text(), json_values, min_size=1, max_size=3))
    data = json.dumps(document, ensure_ascii=draw(st.booleans())).encode()
    at = draw(st.integers(0, len(data)))
    end = at + draw(st.integers(0, 2))
    stray = b'" \\ \\u \\ud8 00 { } [ ] : , e . - 0 99999999999999999999 NaN \x00 \xff'.split()
    return data[:at] + draw(st.sampled_from([b"", b" ", *stray])) + data[end:]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(spoiled())
def test_whatever_is_read_is_what_python_reads_of_it(data: bytes) -> None:
    with suppress(HearsayError):
        assert parse(data) == json.loads(data)


def mistake(document: dict[str, object]) -> tuple[str | None, str]:
    with pytest.raises(HearsayError) as caught:
        convert(document, Wish)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    return caught.value.param, caught.value.message


def test_a_document_becomes_a_struct() -> None:
    assert convert({"count": 1, "weight": 2, "other": 3}, Wish) == Wish(1, 2.0)


def test_a_null_is_a_field_that_was_not_given() -> None:
    assert convert({"count": 1, "weight": None}, Wish) == Wish(1)


@pytest.mark.parametrize(
    ("document", "param", "message"),
    [
        ({}, "count", "Missing required field 'count'"),
        ({"count": None}, "count", "Missing required field 'count'"),
        ({"count": "1"}, "count", "Invalid 'count': expected an integer, got a string"),
        ({"count": 1.5}, "count", "Invalid 'count': expected an integer, got a number"),
        ({"count": True}, "count", "Invalid 'count': expected an integer, got true or false"),
        (
            {"count": 1, "name": 5},
            "name",
            "Invalid 'name': expected a string or an array or null, got an integer",
        ),
        (
            {"count": 1, "inner": [{"count": 1}, {}]},
            "inner[1].count",
            "Missing required field 'inner[1].count'",
        ),
        (
            {"cuont": 1, "weight": 1},
            "count",
            "Missing required field 'count'; is it what 'cuont' was meant to be?",
        ),
        (
            {"count": 1, "inner": [{"count": 1}, {"counts": 1}]},
            "inner[1].count",
            "Missing required field 'inner[1].count'; is it what 'counts' was meant to be?",
        ),
        (
            {"count": 1, "inner": [{"count": 1, "name": ["a", 1]}]},
            "inner[0].name[1]",
            "Invalid 'inner[0].name[1]': expected a string, got an integer",
        ),
        (
            {"count": 1, "weight": 10**400},
            "weight",
            "Invalid 'weight': number out of range",
        ),
    ],
)
def test_a_mistake_is_named_with_its_path(
    document: dict[str, object], param: str, message: str
) -> None:
    assert mistake(document) == (param, message)


def test_a_mistake_at_the_top_has_no_path() -> None:
    with pytest.raises(HearsayError) as caught:
        convert({"a": "b"}, list)  # type: ignore[type-var, unused-ignore]
    assert caught.value.param is None
    assert caught.value.message == "Invalid body: expected an array, got an object"


def test_a_name_that_resembles_a_field_is_told() -> None:
    known = ["temperature", "max_tokens"]
    keys = ["temprature", "temperature", "maxTokens", "colour", "x" * 1000]
    assert misspelled(keys, known) == {"temprature": "temperature", "maxTokens": "max_tokens"}


def test_an_innocent_name_is_no_misspelling() -> None:
    assert misspelled(["max_token"], ["max_tokens"], ["max_token"]) == {}


@pytest.mark.parametrize("key", ["temperat\nure", "température", "max tokens", ""])
def test_a_name_that_cannot_be_a_field_is_never_repeated(key: str) -> None:
    assert misspelled([key], ["temperature", "max_tokens"]) == {}


def test_only_so_many_strange_names_are_looked_at() -> None:
    strange = [f"colour{number}" for number in range(MAX_STRANGE)]
    assert misspelled([*strange, "temprature"], ["temperature"]) == {}
    assert misspelled([*strange[1:], "temprature"], ["temperature"]) != {}


def test_a_body_that_is_mostly_quotes_is_refused_unread() -> None:
    with pytest.raises(HearsayError, match="holds more than"):
        parse(b'{"a": [' + b'"",' * (2 * MAX_VALUES) + b'""]}')
