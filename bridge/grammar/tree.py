"""A schema as a document: where its parts are, and what its references mean."""

from __future__ import annotations

from urllib.parse import unquote

from bridge.grammar.complement import NoComplement
from bridge.protocol import Json

MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
"""Keywords that hold schemas by name."""

SCHEMAS = frozenset(
    {"allOf", "anyOf", "oneOf", "items", "prefixItems", "additionalItems", "additionalProperties"}
)
"""Keywords that hold a schema, or a list of them."""

_MOST_STEPS = 100


class Place:
    """Where in a request a schema is, for errors: `response_format.json_schema.schema.items`."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __str__(self) -> str:
        return self._path

    def __truediv__(self, step: str) -> Place:
        return Place(f"{self._path}.{step}")


class Tree:
    """The whole document; it resolves the references that stay within it."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._has_ids = _mentions(root, "$id") or _mentions(root, "id")
        self._steps = _MOST_STEPS

    def resolve(self, reference: str) -> Json:
        """
        Return what a reference means.

        Raises NoComplement for one that leads out of the document or round in a circle, and where
        an `$id` may give it another meaning.
        """
        self._steps -= 1
        if self._steps < 0 or self._has_ids or not reference.startswith("#"):
            raise NoComplement("$ref")
        node = self._root
        for raw in filter(None, reference[1:].split("/")):
            step = unquote(raw).replace("~1", "/").replace("~0", "~")
            if isinstance(node, dict) and step in node:
                node = node[step]
            elif isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            else:
                raise NoComplement("$ref")
        return node


def _mentions(node: Json, keyword: str) -> bool:
    if isinstance(node, dict):
        return isinstance(node.get(keyword), str) or any(
            _mentions(each, keyword) for each in node.values()
        )
    return isinstance(node, list) and any(_mentions(each, keyword) for each in node)
