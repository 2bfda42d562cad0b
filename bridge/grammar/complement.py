"""What a schema does not allow, as a schema: for `not`, `if`, and `oneOf` whose parts overlap."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from bridge.grammar.pattern import none_of
from bridge.protocol import Json

TYPES = ("null", "boolean", "number", "string", "array", "object")
ANNOTATIONS = frozenset(
    {
        *("$comment", "$defs", "$id", "$schema", "$anchor", "$vocabulary", "definitions"),
        *("title", "description", "default", "examples", "example", "deprecated"),
        *("readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema"),
        *("discriminator", "externalDocs", "xml"),
    }
)
"""Keywords that tell and do not bind."""

_MOST_VALUES = 64


class NoComplement(Exception):  # noqa: N818 - it is an answer, and where it leads is not an error
    """The complement of a schema cannot be told; the keyword that is in the way is the message."""


def complement(schema: Json, resolve: Callable[[str], Json]) -> Json:
    """
    Return a schema that allows nothing that `schema` allows, and nearly everything else.

    Left out are numbers that are no integers where `schema` asks for an integer: no schema says
    that. `resolve` returns what a `$ref` means, and raises NoComplement. Raises NoComplement.
    """
    if isinstance(schema, bool):
        return not schema
    if not isinstance(schema, dict):
        raise NoComplement("schema")
    parts: list[Json] = []
    for keyword, value in schema.items():
        if keyword not in ANNOTATIONS and not keyword.startswith("x-"):
            parts += _refuted(keyword, value, resolve)
    return {"anyOf": parts} if parts else False


def _refuted(keyword: str, value: Json, resolve: Callable[[str], Json]) -> list[Json]:
    """Return schemas of which one holds for whatever breaks one keyword."""

    def other(each: Json) -> Json:
        return complement(each, resolve)

    match keyword, value:
        case "$ref", str():
            return [other(resolve(value))]
        case "not", _:
            return [value]
        case "allOf", list():
            return [other(each) for each in value]
        case "anyOf", list():
            return [{"allOf": [other(each) for each in value]}]
        case "properties", dict():
            return [
                {"type": "object", "properties": {name: other(each)}, "required": [name]}
                for name, each in value.items()
            ]
    return _unlike(keyword, value)


def _unlike(keyword: str, value: Json) -> list[Json]:
    """Return what breaks a keyword that holds no schemas."""
    match keyword, value:
        case "type", str() | list():
            return _other_types([value] if isinstance(value, str) else value)
        case "enum", list():
            return _other_values(value)
        case "const", _:
            return _other_values([value])
        case "required", list():
            return [{"type": "object", "properties": {str(name): False}} for name in value]
    return _beyond(keyword, value)


def _beyond(keyword: str, value: Json) -> list[Json]:
    """Return what breaks a bound."""
    if keyword in _NUMBERS and isinstance(value, int | float):
        return [{"type": "number", _NUMBERS[keyword]: value}]
    if keyword in _SIZES and isinstance(value, int | float):
        kind, opposite, step = _SIZES[keyword]
        limit = int(value) + step
        return [] if limit < 0 else [{"type": kind, opposite: limit}]
    raise NoComplement(keyword)


_NUMBERS = {
    "minimum": "exclusiveMaximum",
    "maximum": "exclusiveMinimum",
    "exclusiveMinimum": "maximum",
    "exclusiveMaximum": "minimum",
}
_SIZES = {
    "minLength": ("string", "maxLength", -1),
    "maxLength": ("string", "minLength", 1),
    "minItems": ("array", "maxItems", -1),
    "maxItems": ("array", "minItems", 1),
}


def _other_types(types: list[Json]) -> list[Json]:
    if not all(isinstance(name, str) for name in types):
        raise NoComplement("type")
    names = {"number" if name == "integer" else name for name in types}
    others: list[Json] = [name for name in TYPES if name not in names]
    return [{"type": others}] if others else []


def _other_values(values: list[Json]) -> list[Json]:
    if len(values) > _MOST_VALUES or any(isinstance(value, dict | list) for value in values):
        raise NoComplement("enum")
    parts = _other_types([_type_of(value) for value in values])
    truths = [value for value in values if isinstance(value, bool)]
    if len(set(truths)) == 1:
        parts.append({"const": not truths[0]})
    if numbers := sorted(
        {each for each in values if isinstance(each, int | float) and not isinstance(each, bool)}
    ):
        parts += _gaps(numbers)
    if texts := [value for value in values if isinstance(value, str)]:
        parts.append({"type": "string", "pattern": none_of(texts)})
    return parts


def _gaps(numbers: list[int | float]) -> list[Json]:
    """Return the ranges before, between and after numbers."""
    parts: list[Json] = [{"type": "number", "exclusiveMaximum": numbers[0]}]
    for low, high in pairwise(numbers):
        parts.append({"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": high})
    return [*parts, {"type": "number", "exclusiveMinimum": numbers[-1]}]


def _type_of(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "string" if isinstance(value, str) else "number"
