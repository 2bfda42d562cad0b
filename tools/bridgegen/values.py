"""Whether a default is a value that its own field would accept."""

from __future__ import annotations

from collections.abc import Mapping

from tools.bridgegen.model import Bounds, Enum, Field, Json, Struct, Type


def check_value(
    field: Field, value: Json, enums: Mapping[str, Enum], structs: Mapping[str, Struct]
) -> str | None:
    """Return what is wrong with a field's default or constant, or None."""
    if value is None:
        fits = field.nullable or any(each.kind == "json" for each in field.types)
        return None if fits else "the field cannot be null"
    kinds = [each for each in field.types if _looks_like(each, value)]
    if not kinds:
        return f"{value!r} is not of the field's type"
    return _beyond(kinds[0], value, enums, structs)


def _looks_like(each: Type, value: Json) -> bool:
    if isinstance(value, bool):
        return each.kind in ("boolean", "json")
    forms: dict[str, type | tuple[type, ...]] = {
        "string": str, "enum": str, "integer": int, "number": (int, float), "list": list,
        "map": dict, "struct": dict, "json": object, "boolean": bool,
    }  # fmt: skip
    return isinstance(value, forms[each.kind])


def _beyond(
    each: Type, value: Json, enums: Mapping[str, Enum], structs: Mapping[str, Struct]
) -> str | None:
    if each.kind == "enum":
        words = [word.value for word in enums[each.name].values]
        return None if value in words else f"{value!r} is none of {', '.join(words)}"
    if each.kind == "struct":
        return _struct_default(each, value, structs)
    if not within(each.bounds, value):
        return f"{value!r} breaks the field's own bounds"
    for item in value if isinstance(value, list) else []:
        found = next((of for of in each.item if _looks_like(of, item)), None)
        wrong = _beyond(found, item, enums, structs) if found else f"{item!r} is no such item"
        if wrong:
            return wrong
    return None


def _struct_default(each: Type, value: Json, structs: Mapping[str, Struct]) -> str | None:
    if value != {}:
        return "the default of a struct is {}"
    struct = structs.get(each.name)
    if struct is None:
        return f"{each.name} must be described further up"
    if any(field.required for field in struct.fields):
        return f"{each.name} has required fields"
    return None


def within(bounds: Bounds, value: Json) -> bool:
    """Whether a number, or the length of a text, list or map, keeps within bounds."""
    if isinstance(value, str | list | dict):
        length = len(value)
        shortest = bounds.min_length if bounds.min_length is not None else 0
        longest = bounds.max_length if bounds.max_length is not None else length
        return shortest <= length <= longest
    if isinstance(value, bool) or not isinstance(value, int | float):
        return True
    return (
        (bounds.min is None or value >= bounds.min)
        and (bounds.max is None or value <= bounds.max)
        and (bounds.above is None or value > bounds.above)
        and (bounds.below is None or value < bounds.below)
    )
