"""Values that a type takes, and values that it refuses, each with a name."""

from __future__ import annotations

import math
from collections.abc import Iterator

from tools.bridgegen.model import Field, Json, Model, Struct, Type
from tools.bridgegen.values import within

Named = tuple[str, Json]
_FORMS: dict[str, set[str]] = {
    "string": {"string"},
    "enum": {"string"},
    "integer": {"number"},
    "number": {"number"},
    "boolean": {"boolean"},
    "struct": {"object"},
    "map": {"object"},
    "list": {"list"},
    "json": {"string", "number", "boolean", "object", "list", "null"},
}
_WRONG: dict[str, Json] = {
    "string": "256",
    "number": 7,
    "boolean": True,
    "list": [],
    "object": {},
}
_MOST_WRONG = 2  # of the five: enough to meet every branch of a reader
_EMOJI = 128  # a text of so many is worth its bytes


def minimal(model: Model, struct: Struct) -> dict[str, Json]:
    """Return a document that has what it must have, and nothing else."""
    tag: dict[str, Json] = {struct.tag.field: struct.tag.value} if struct.tag else {}
    return tag | {
        each.name: sample(model, each.types[0]) for each in struct.fields if each.required
    }


def sample(model: Model, each: Type) -> Json:
    """Return an ordinary value of a type."""
    match each.kind:
        case "struct":
            return minimal(model, model.struct(each.name))
        case "enum":
            return model.enum(each.name).values[0].value
        case "list":
            return [sample(model, each.item[0])]
        case "map":
            return {"1": sample(model, each.item[0])}
        case "json":
            return {"any": ["thing", 1, None]}
        case "boolean":
            return True
        case "string":
            return "a" * int(max(1, each.bounds.min_length or 0))
    return _number(each)


def _number(each: Type) -> Json:
    bounds = each.bounds
    for number in (1, bounds.min, bounds.max):
        if number is not None and within(bounds, number):
            return number
    return ((bounds.above or 0) + (bounds.max or 1)) / 2


def wrong_kinds(field: Field) -> Iterator[Named]:
    """Yield values of a kind that none of the field's types is, null aside."""
    forms = {form for each in field.types for form in _FORMS[each.kind]}
    wrong = [name for name in _WRONG if name not in forms]
    article = {"object": "an"}
    for name in wrong[:_MOST_WRONG]:
        yield f"is_{article.get(name, 'a')}_{name}", _WRONG[name]


def good(model: Model, each: Type) -> Iterator[Named]:
    """Yield values that a type takes: each word, each bound, each odd but right form."""
    if each.kind == "enum":
        for word in model.enum(each.name).values:
            yield f"is_{word.value}", word.value
        return
    yield "is_given", sample(model, each)
    if each.kind == "integer":
        yield "is_a_whole_float", float(str(_number(each)))
    for name, bound in each.bounds.given.items():
        if name in ("above", "below"):
            continue
        is_number = each.kind in ("integer", "number")
        yield (f"at_its_{name}", bound if is_number else _long(model, each, int(bound)))
    longest = each.bounds.max_length
    if each.kind == "string" and longest is not None and longest <= _EMOJI:
        yield "in_emoji", "\N{GRINNING FACE}" * int(longest)


def bad(model: Model, each: Type) -> Iterator[Named]:
    """Yield values of the right kind that a type refuses."""
    if each.kind == "enum":
        yield "is_an_unknown_word", "mumble"
    if each.kind == "integer":
        yield "is_a_fraction", 1.5
    for name, bound in each.bounds.given.items():
        if name == "min_length" and bound == 0:
            continue
        if name.endswith("_length"):
            step = 1 if name == "max_length" else -1
            yield f"beyond_its_{name}", _long(model, each, int(bound) + step)
        else:
            yield f"beyond_its_{name}", _beyond(name, bound)


def _beyond(name: str, bound: float) -> Json:
    if name in ("above", "below"):
        return bound  # the bound itself is out
    return math.floor(bound) - 1 if name == "min" else math.ceil(bound) + 1


def _long(model: Model, each: Type, length: int) -> Json:
    if each.kind == "string":
        return "a" * length
    item = sample(model, each.item[0])
    return [item] * length if each.kind == "list" else {str(n): item for n in range(length)}
