"""The words that a field of a message may hold, for whoever has written another one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import inspect

_STEP = re.compile(r"\[[^\]]*\]|[^.\[\]]+")


def choices(kind: type, path: str) -> list[str]:
    """Return the words of the enum at a path of a message's type, such as `messages[0].role`."""
    found: list[inspect.Type] = [inspect.type_info(kind)]
    for step in _STEP.findall(path):
        found = [inner for each in found for inner in _inside(each, step)]
    enums = [each.cls for each in _flat(found) if isinstance(each, inspect.EnumType)]
    return [str(word.value) for enum in enums for word in enum]


def _inside(kind: inspect.Type, step: str) -> Iterator[inspect.Type]:
    for each in _flat([kind]):
        if isinstance(each, inspect.StructType):
            yield from (field.type for field in each.fields if field.encode_name == step)
        elif isinstance(each, inspect.ListType) and step.startswith("["):
            yield each.item_type
        elif isinstance(each, inspect.DictType):
            yield each.value_type


def _flat(kinds: list[inspect.Type]) -> Iterator[inspect.Type]:
    for each in kinds:
        if isinstance(each, inspect.UnionType):
            yield from _flat(list(each.types))
        else:
            yield each
