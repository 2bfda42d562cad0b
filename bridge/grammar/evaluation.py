"""`unevaluatedProperties` and `unevaluatedItems`, where what is evaluated can be read off."""

from __future__ import annotations

from dataclasses import dataclass, field

from bridge.grammar.complement import NoComplement
from bridge.grammar.pattern import PatternError, translate
from bridge.grammar.refusal import unsupported
from bridge.grammar.tree import Place, Tree
from bridge.protocol import Json

_CHOICES = frozenset({"anyOf", "oneOf", "if", "dependentSchemas", "contains"})
"""Keywords that evaluate something or not, depending on the reply."""


@dataclass
class _Seen:
    """What a schema and those it always applies evaluate."""

    names: dict[str, Json] = field(default_factory=dict)
    patterns: dict[str, Json] = field(default_factory=dict)
    items: int = 0
    all_properties: bool = False
    all_items: bool = False


def unevaluated_properties(told: dict[str, Json], place: Place, tree: Tree) -> None:
    """Replace `unevaluatedProperties` by `additionalProperties`; raises HearsayError."""
    schema = told.pop("unevaluatedProperties", True)
    if schema is True:
        return
    seen = _look(told, place, tree, "unevaluatedProperties")
    if seen.all_properties:
        return
    told["properties"] = {**seen.names, **_dict(told.get("properties"))}
    told["patternProperties"] = {**seen.patterns, **_dict(told.get("patternProperties"))}
    if not told["patternProperties"]:
        del told["patternProperties"]
    told["additionalProperties"] = schema


def unevaluated_items(told: dict[str, Json], place: Place, tree: Tree) -> None:
    """Replace `unevaluatedItems` by `items`; raises HearsayError."""
    schema = told.pop("unevaluatedItems", True)
    if schema is True:
        return
    seen = _look(told, place, tree, "unevaluatedItems")
    if seen.all_items:
        return
    own = told.get("prefixItems", [])
    known = own if isinstance(own, list) else []
    if seen.items:
        told["prefixItems"] = [*known, *[True] * (seen.items - len(known))]
    told["items"] = schema


def _look(told: dict[str, Json], place: Place, tree: Tree, keyword: str) -> _Seen:
    seen = _Seen()
    try:
        _see(told, tree, seen, own=True)
    except (NoComplement, PatternError) as reason:
        why = f"what '{reason}' leaves over cannot be told"
        raise unsupported(keyword, str(place), why) from None
    return seen


def _see(schema: Json, tree: Tree, seen: _Seen, *, own: bool = False) -> None:
    if not isinstance(schema, dict):
        return
    for keyword in _CHOICES & schema.keys():
        raise NoComplement(keyword)
    seen.names.update(dict.fromkeys(_dict(schema.get("properties")), True))
    if not own:  # The schema's own are where they belong, and translated.
        seen.patterns.update({translate(p): True for p in _dict(schema.get("patternProperties"))})
    prefix = schema.get("prefixItems")
    seen.items = max(seen.items, len(prefix) if isinstance(prefix, list) else 0)
    seen.all_items |= bool({"items", "unevaluatedItems"} & schema.keys())
    rest = {"additionalProperties", "unevaluatedProperties"}
    seen.all_properties |= bool(rest & schema.keys())
    inner = schema.get("allOf")
    for each in inner if isinstance(inner, list) else []:
        _see(each, tree, seen)
    if isinstance(reference := schema.get("$ref"), str):
        _see(tree.resolve(reference), tree, seen)


def _dict(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
