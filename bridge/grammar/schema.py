"""
JSON Schema in front of llguidance: what it lacks is rewritten where that is sound, else refused.

Sound means that every text the rewritten schema allows is valid under the original one. Keywords
that nobody here knows are refused by name and never ignored.
"""

from __future__ import annotations

from itertools import chain

from bridge.grammar.complement import ANNOTATIONS
from bridge.grammar.conditions import CONDITIONAL, CONDITIONS
from bridge.grammar.keywords import CHECKS, DIALECTS
from bridge.grammar.refusal import invalid, unsupported
from bridge.grammar.tree import MAPS, SCHEMAS, Place, Tree
from bridge.levels import levels
from bridge.protocol import Json

MAX_NODES = 10_000
"""The most objects, arrays and values of a schema, so that reading one takes a moment at most."""

MAX_CHARACTERS = 1 << 18
"""The most characters of its texts and names together."""

MAX_DEPTH = 64

_HOLDERS = MAPS | SCHEMAS

MAX_OPTIONAL = 500
"""The most properties of an object that may be left out: any of them may come next, at each."""


def rewrite(schema: Json, path: str = "schema") -> Json:
    """
    Return a schema that llguidance understands and that allows nothing the given one does not.

    Raises HearsayError: UNSUPPORTED names the keyword that stands in the way by its path from
    `path` on, INVALID_REQUEST says what is no schema.
    """
    if not isinstance(schema, bool | dict):
        raise invalid(path, "a schema is an object, or true or false")
    measure(schema, path)
    return _Rewriter(Tree(schema)).rewrite(schema, Place(path))


def measure(schema: Json, path: str) -> None:
    """Refuse a schema that is too large or too deep: INVALID_REQUEST."""
    parts, characters = 1, 0
    for depth, level in enumerate(levels(schema)):
        if depth == MAX_DEPTH:
            raise invalid(path, f"the schema is more than {MAX_DEPTH} levels deep")
        parts += level.below
        if parts <= MAX_NODES:  # More need not be looked at one by one.
            characters += sum(map(len, [each for each in level.values if isinstance(each, str)]))
            characters += sum(map(len, chain.from_iterable(level.maps)))
        if parts > MAX_NODES or characters > MAX_CHARACTERS:
            most = f"{MAX_NODES} parts or {MAX_CHARACTERS} characters"
            raise invalid(path, f"the schema has more than {most}; make it smaller")


class _Rewriter:
    """Rewrites one document; `tree` finds what its references mean."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def rewrite(self, schema: Json, place: Place) -> Json:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise invalid(str(place), "a schema is an object, or true or false")
        told = dict(schema)
        for keyword in list(told):
            self._check(keyword, told, place)
        if not CONDITIONAL.isdisjoint(told):
            for condition in CONDITIONS:  # Each takes its keywords out and puts plain ones in.
                condition(told, place, self._tree)
        if _HOLDERS.isdisjoint(told):
            return told
        _count_optional(told, place)
        return {keyword: self._inside(keyword, each, place) for keyword, each in told.items()}

    def _check(self, keyword: str, told: dict[str, Json], place: Place) -> None:
        if check := CHECKS.get(keyword):
            told[keyword] = check(told[keyword], place / keyword)
        elif keyword == "$schema" and str(told[keyword]) not in DIALECTS:
            raise unsupported(keyword, str(place), "only drafts 4 to 2020-12 are known")
        elif keyword in ANNOTATIONS:
            if keyword not in ("$id", "$anchor", "$defs", "definitions"):
                del told[keyword]
        elif keyword.startswith("x-"):
            del told[keyword]
        else:
            raise unsupported(keyword, str(place), "a reply cannot be held to it; leave it out")

    def _inside(self, keyword: str, value: Json, place: Place) -> Json:
        if keyword not in MAPS and keyword not in SCHEMAS:
            return value
        within = place / keyword
        if keyword in MAPS and isinstance(value, dict):
            return {name: self.rewrite(each, within / name) for name, each in value.items()}
        if keyword in SCHEMAS and isinstance(value, list):
            return [self.rewrite(each, within / str(at)) for at, each in enumerate(value)]
        return self.rewrite(value, within) if keyword in SCHEMAS else value


def _count_optional(told: dict[str, Json], place: Place) -> None:
    named, required = told.get("properties"), told.get("required")
    wanted = len(required) if isinstance(required, list) else 0
    if isinstance(named, dict) and len(named) - wanted > MAX_OPTIONAL:
        reason = f"more than {MAX_OPTIONAL} of them may be left out; require them or have fewer"
        raise invalid(str(place / "properties"), reason)
