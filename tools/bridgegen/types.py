"""The types of fields: `list<string> | null` becomes a tuple of types that carry their bounds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from tools.bridgegen.model import SCALARS, Bounds, Type
from tools.bridgegen.source import Table

BOUND_NAMES = ("min", "max", "above", "below", "min_length", "max_length")
_ALL = tuple(prefix + name for prefix in ("", "item_", "list_") for name in BOUND_NAMES)
BOUND_KEYS = frozenset(key for key in _ALL if not re.fullmatch("list_(min|max|above|below)", key))
_TOKEN = re.compile(r"\s*([A-Za-z][A-Za-z0-9_]*|[<>|])")
_NUMBERS = ("min", "max", "above", "below")
_FITTING = {
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "string": ("min_length", "max_length"),
    "list": ("min_length", "max_length"),
    "map": ("min_length", "max_length"),
}
_FORMS = {"enum": "string", "integer": "number", "map": "struct"}

Names = Mapping[str, Literal["struct", "enum"]]


def read_types(table: Table, names: Names, limits: Mapping[str, int]) -> tuple[list[Type], bool]:
    """Return the types that a field's `type` lists, bounds included, and whether null is one."""
    text = table.text("type")
    tokens = _TOKEN.findall(text)
    if _TOKEN.sub("", text).strip():
        table.wrong(f"{text!r} is no type", key="type")
    parser = _Parser(table, names, tokens)
    types = parser.union()
    if parser.tokens:
        table.wrong(f"{text!r} goes on after its end", key="type")
    bounds = {key: _bound(table, key, limits) for key in table if key in BOUND_KEYS}
    bounded = [_with_bounds(each, types, bounds) for each in types if each.kind != "null"]
    _check_all_used(table, types, bounds)
    return bounded, any(each.kind == "null" for each in types)


class _Parser:
    """Takes tokens from the front; a mistake names the field."""

    def __init__(self, table: Table, names: Names, tokens: list[str]) -> None:
        self.tokens = tokens
        self._table = table
        self._names = names

    def union(self) -> list[Type]:
        types = [self._one()]
        while self.tokens and self.tokens[0] == "|":
            self.tokens.pop(0)
            types.append(self._one())
        forms = [_FORMS.get(each.kind, each.kind) for each in types]
        if len(set(forms)) != len(forms) or ("json" in forms and len(forms) > 1):
            self._table.wrong("these types cannot be told apart", key="type")
        return types

    def _one(self) -> Type:
        word = self.tokens.pop(0) if self.tokens else ""
        if word in ("list", "map"):
            self._expect("<")
            item = tuple(self.union())
            self._expect(">")
            if any(each.kind == "null" for each in item):
                self._table.wrong(f"the items of a {word} cannot be null", key="type")
            return Type(word, item=item)
        if word in SCALARS or word == "null":
            return Type(word)
        if word not in self._names:
            self._table.wrong(f"unknown type {word!r}", key="type")
        return Type(self._names[word], word)

    def _expect(self, token: str) -> None:
        if not self.tokens or self.tokens.pop(0) != token:
            self._table.wrong(f"{token!r} is missing", key="type")


def _bound(table: Table, key: str, limits: Mapping[str, int]) -> float:
    value = table.value(key)
    if isinstance(value, str):
        if value not in limits:
            table.wrong(f"unknown limit {value!r}", key=key)
        return limits[value]
    if isinstance(value, bool) or not isinstance(value, int | float):
        table.wrong("a bound is a number or the name of a limit", key=key)
    if key.endswith("_length") and (not isinstance(value, int) or value < 0):
        table.wrong("a length is a whole number from 0", key=key)
    return value


def _prefix(each: Type, types: list[Type]) -> str:
    """`max_length` is the string's where a field may be a string or a list."""
    both = any(other.kind == "string" for other in types)
    return "list_" if both and each.kind in ("list", "map") else ""


def _with_bounds(each: Type, types: list[Type], bounds: Mapping[str, float]) -> Type:
    item = tuple(Type(of.kind, of.name, of.item, _pick(of, "item_", bounds)) for of in each.item)
    return Type(each.kind, each.name, item, _pick(each, _prefix(each, types), bounds))


def _pick(each: Type, prefix: str, bounds: Mapping[str, float]) -> Bounds:
    fitting = _FITTING.get(each.kind, ())
    return Bounds(**{name: bounds[prefix + name] for name in fitting if prefix + name in bounds})


def _check_all_used(table: Table, types: list[Type], bounds: Mapping[str, float]) -> None:
    used = {_prefix(each, types) + name for each in types for name in _FITTING.get(each.kind, ())}
    items = [of for each in types for of in each.item]
    used |= {f"item_{name}" for of in items for name in _FITTING.get(of.kind, ())}
    for key in bounds:
        if key not in used:
            table.wrong("this type has no such bound", key=key)
