"""What each keyword's value must be, and how it is put into llguidance's words."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import chain
from typing import cast

from bridge.grammar.pattern import PatternError, translate
from bridge.grammar.refusal import invalid, unsupported
from bridge.grammar.tree import Place
from bridge.levels import levels
from bridge.protocol import Json

DIALECTS = frozenset(
    f"{scheme}://json-schema.org/{draft}/schema{end}"
    for scheme in ("http", "https")
    for draft in ("draft-04", "draft-06", "draft-07", "draft/2019-09", "draft/2020-12")
    for end in ("", "#")
)

FORMATS = frozenset(
    {
        *("date-time", "time", "date", "duration", "email", "hostname"),
        *("ipv4", "ipv6", "uuid", "uri"),
    }
)
"""Formats that a text can be held to."""

MAX_STEP = 2000
"""The largest `multipleOf`, its decimal point left out: a grammar counts remainders by states."""

MAX_BOUND = 10**18
"""
A lower bound below its negative, and an upper one above it, are drawn in to it.

llguidance counts in 64 bits and a digit less; with `minimum: -9223372036854775808` a language that
has such integers says that any will do.
"""

_UNSPELLABLE = re.compile(r"[\x00-\x07\x0b\x0e-\x1f\x7f]")
_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})

_Check = Callable[[Json, Place], Json]


def _anything(value: Json, _: Place) -> Json:
    return value


def _count(value: Json, place: Place) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise invalid(str(place), "it must be a whole number")
    if value < 0:
        raise invalid(str(place), "it must not be negative")
    return int(value)


def _number(value: Json, place: Place) -> Json:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise invalid(str(place), "it must be a number")
    return value


def _least(value: Json, place: Place) -> Json:
    return max(cast("float", _number(value, place)), -MAX_BOUND)


def _most(value: Json, place: Place) -> Json:
    return min(cast("float", _number(value, place)), MAX_BOUND)


def _step(value: Json, place: Place) -> Json:
    step = Decimal(repr(_number(value, place)))
    if step <= 0:
        raise invalid(str(place), "it must be more than 0")
    whole = step.scaleb(max(-int(step.normalize().as_tuple().exponent), 0))
    if whole > MAX_STEP:
        raise invalid(str(place), f"its digits make {whole:f}; a grammar counts to {MAX_STEP}")
    return value


def _schemas(value: Json, place: Place) -> Json:
    if not isinstance(value, list) or not value:
        raise invalid(str(place), "it must be a list of schemas")
    return value


def _values(value: Json, place: Place) -> Json:
    _check_texts(value, place)
    return value


def _map(value: Json, place: Place) -> Json:
    if not isinstance(value, dict):
        raise invalid(str(place), "it must be an object")
    _check_texts(list(value), place)
    return value


def _names(value: Json, place: Place) -> Json:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise invalid(str(place), "it must be a list of names")
    _check_texts(value, place)
    return value


def _type(value: Json, place: Place) -> Json:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name in _TYPES for name in names):
        raise invalid(str(place), f"a type is one of {', '.join(sorted(_TYPES))}")
    return value


def _enum(value: Json, place: Place) -> Json:
    if not isinstance(value, list) or not value:
        raise invalid(str(place), "it must be a list of values")
    _check_texts(value, place)
    return value


def _text(value: Json, place: Place) -> Json:
    if not isinstance(value, str):
        raise invalid(str(place), "it must be a text")
    return value


def _pattern(value: Json, place: Place) -> Json:
    text = _text(value, place)
    try:
        return translate(str(text))
    except PatternError as error:
        raise invalid(str(place), f"{str(text)[:80]!r}: {error}") from None


def _patterns(value: Json, place: Place) -> Json:
    found = _map(value, place)
    assert isinstance(found, dict)  # noqa: S101 - says to mypy what _map has seen
    return {str(_pattern(pattern, place)): each for pattern, each in found.items()}


def _format(value: Json, place: Place) -> Json:
    if _text(value, place) not in FORMATS:
        raise unsupported("format", str(place).removesuffix(".format"), _unknown_format(value))
    return value


def _unknown_format(value: Json) -> str:
    return (
        f"{value!r} is not a format a reply can be held to; known are {', '.join(sorted(FORMATS))}"
    )


def _check_texts(value: Json, place: Place) -> None:
    r"""
    Refuse control characters, which JSON can only write as a number.

    Such a spelling is closed to replies: `{"a": 1, "\u0061": 2}` has one name and not two.
    """
    text = value if isinstance(value, str) else _all_texts(value)
    if _UNSPELLABLE.search(text):
        raise invalid(
            str(place), "a reply cannot have control characters other than \\b\\f\\n\\r\\t"
        )


def _all_texts(value: Json) -> str:
    """Return all texts and names of a value, one after the other."""
    walk = list(levels(value))
    texts = (each for level in walk for each in level.values if isinstance(each, str))
    return "".join(chain(texts, *(each for level in walk for each in level.maps)))


CHECKS: dict[str, _Check] = {
    "$ref": _text,
    "type": _type,
    "enum": _enum,
    "const": _values,
    **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), _schemas),
    **dict.fromkeys(("not", "if", "then", "else", "propertyNames", "contains"), _anything),
    **dict.fromkeys(("items", "additionalItems", "additionalProperties"), _anything),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties", "uniqueItems"), _anything),
    **dict.fromkeys(("properties", "dependentSchemas", "dependentRequired"), _map),
    "patternProperties": _patterns,
    "required": _names,
    **dict.fromkeys(("minItems", "maxItems", "minContains", "maxContains"), _count),
    **dict.fromkeys(("minLength", "maxLength", "minProperties", "maxProperties"), _count),
    **dict.fromkeys(("minimum", "exclusiveMinimum"), _least),
    **dict.fromkeys(("maximum", "exclusiveMaximum"), _most),
    "multipleOf": _step,
    "pattern": _pattern,
    "format": _format,
}
"""Every keyword that binds, with the check of its value."""
