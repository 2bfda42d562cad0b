"""Which types a document can hold."""

from __future__ import annotations

from collections.abc import Iterable

from tools.bridgegen.model import Model, Type


def reachable(model: Model, names: Iterable[str]) -> set[str]:
    """Return the names of all structs and enums that the named structs hold, themselves too."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if all(name != enum.name for enum in model.enums):
            waiting += [
                inner
                for field in model.struct(name).fields
                for each in field.types
                for inner in _named(each)
            ]
    return found


def _named(each: Type) -> list[str]:
    own = [each.name] if each.name else []
    return own + [name for item in each.item for name in _named(item)]
