"""Objects that name properties and say nothing of others are given no others."""

from __future__ import annotations

from bridge.levels import levels
from bridge.protocol import Json

_OPENERS = frozenset(
    {
        *("additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames"),
        *("allOf", "anyOf", "oneOf", "$ref", "$dynamicRef", "not", "if", "then", "else"),
        *("dependentSchemas", "dependentRequired", "dependencies"),
    }
)
"""What speaks of other properties, or lets another schema speak of them."""

_BELOW = ("items", "additionalItems")
_NAMED = ("properties", "$defs", "definitions")
_CHANGED = frozenset({*_BELOW, *_NAMED, "prefixItems", "anyOf", "oneOf"})
"""A schema without any of these has nothing to close, in it or below it."""


def close(schema: Json) -> Json:
    """
    Return a schema whose plain objects have no properties but those that they name.

    A model at a loss would else go on with properties of its own. This is a part of what the
    schema allows, never more; schemas that are put together of others stay as they are, since
    each part must allow what another names.
    """
    return schema if _joins(schema) else _close(schema)


def _joins(schema: Json) -> bool:
    """Whether a part of the document is to hold together with others."""
    return any(
        "allOf" in node or ("$ref" in node and "properties" in node)
        for level in levels(schema)
        for node in level.maps
    )


def _close(node: Json) -> Json:
    if not isinstance(node, dict) or _CHANGED.isdisjoint(node):
        return node
    told = dict(node)
    for keyword in _NAMED:
        if isinstance(named := told.get(keyword), dict):
            told[keyword] = {name: _close(each) for name, each in named.items()}
    for keyword in _BELOW:
        told[keyword] = _close(told[keyword]) if keyword in told else None
        if told[keyword] is None:
            del told[keyword]
    lists = ["prefixItems", *(() if "properties" in told else ("anyOf", "oneOf"))]
    for keyword in lists:
        if isinstance(parts := told.get(keyword), list):
            told[keyword] = [_close(each) for each in parts]
    properties, required = told.get("properties"), told.get("required")
    if isinstance(properties, dict) and not told.keys() & _OPENERS:
        # What is required and not described must be possible.
        names = required if isinstance(required, list) else []
        if all(isinstance(name, str) and name in properties for name in names):
            told["additionalProperties"] = False
    return told
