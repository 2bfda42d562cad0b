"""A schema as a document: where its parts are, and what its references mean."""

from __future__ import annotations

from itertools import chain
from urllib.parse import unquote

from bridge.grammar.complement import NoComplement
from bridge.levels import levels
from bridge.protocol import Json

MAPS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
"""Keywords that hold schemas by name."""

SCHEMAS = frozenset(
    {"allOf", "anyOf", "oneOf", "items", "prefixItems", "additionalItems", "additionalProperties"}
)
"""Keywords that hold a schema, or a list of them."""

_MOST_STEPS = 100


class Place:
    """
    Where in a request a schema is, for errors: `response_format.json_schema.schema.items`.

    Thousands are made of a large schema and one is written, if any: only that one is put together.
    """

    __slots__ = ("_above", "_step")

    def __init__(self, step: str, above: Place | None = None) -> None:
        self._step = step
        self._above = above

    def __str__(self) -> str:
        return self._step if self._above is None else f"{self._above}.{self._step}"

    def __truediv__(self, step: str) -> Place:
        return Place(step, self)


class Tree:
    """The whole document; it resolves the references that stay within it."""

    def __init__(self, root: Json) -> None:
        self._root = root
        self._has_ids = any(map(_has_id, chain.from_iterable(each.maps for each in levels(root))))
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


def _has_id(node: dict[str, Json]) -> bool:
    return isinstance(node.get("$id"), str) or isinstance(node.get("id"), str)
