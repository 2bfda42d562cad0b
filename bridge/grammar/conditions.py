"""Keywords that llguidance does not know, each told in those that it does, or refused."""

from __future__ import annotations

from collections.abc import Callable

from bridge.grammar.complement import NoComplement, complement
from bridge.grammar.dates import PATTERNS
from bridge.grammar.evaluation import unevaluated_items, unevaluated_properties
from bridge.grammar.names import property_names
from bridge.grammar.refusal import invalid, unsupported
from bridge.grammar.tree import Place, Tree
from bridge.protocol import Json

_MOST_BRANCHES = 6

_Condition = Callable[[dict[str, Json], Place, Tree], None]


def _and(told: dict[str, Json], *schemas: Json) -> None:
    known = told.get("allOf")
    told["allOf"] = [*(known if isinstance(known, list) else []), *schemas]


def _old_items(told: dict[str, Json], _: Place, __: Tree) -> None:
    """A list of `items`, which older drafts have, is `prefixItems` now."""
    rest = told.pop("additionalItems", True)
    if isinstance(items := told.get("items"), list):
        told["prefixItems"], told["items"] = items, rest


def _if(told: dict[str, Json], place: Place, tree: Tree) -> None:
    """Either the condition and `then`, or its complement and `else`."""
    missing = object()
    test = told.pop("if", missing)
    then, otherwise = told.pop("then", True), told.pop("else", True)
    if test is missing or (then is True and otherwise is True):
        return
    try:
        refuted = complement(test, tree.resolve)
    except NoComplement as keyword:
        raise unsupported("if", str(place), f"its '{keyword}' cannot be turned round") from None
    _and(told, {"anyOf": [{"allOf": [test, then]}, {"allOf": [refuted, otherwise]}]})


def _not(told: dict[str, Json], place: Place, tree: Tree) -> None:
    if "not" in told:
        try:
            _and(told, complement(told.pop("not"), tree.resolve))
        except NoComplement as keyword:
            reason = f"its '{keyword}' cannot be turned round"
            raise unsupported("not", str(place), reason) from None


def _one_of(told: dict[str, Json], _: Place, tree: Tree) -> None:
    """Any one of the branches, and none of the others; llguidance judges what stays."""
    branches = told.get("oneOf")
    if not isinstance(branches, list) or len(branches) > _MOST_BRANCHES:
        return
    try:
        others = [complement(branch, tree.resolve) for branch in branches]
    except NoComplement:
        return
    del told["oneOf"]
    exact: list[Json] = [
        {"allOf": [branch, *others[:at], *others[at + 1 :]]} for at, branch in enumerate(branches)
    ]
    _and(told, {"anyOf": exact})


def _dependents(told: dict[str, Json], place: Place, _: Tree) -> None:
    """Either the property is not there, or what depends on it holds."""
    required = told.pop("dependentRequired", {})
    schemas = told.pop("dependentSchemas", {})
    wanted: list[tuple[str, Json]] = list(schemas.items()) if isinstance(schemas, dict) else []
    for name, names in required.items() if isinstance(required, dict) else ():
        if not isinstance(names, list) or not all(isinstance(each, str) for each in names):
            raise invalid(f"{place}.dependentRequired.{name}", "it must be a list of names")
        wanted.append((name, {"required": [*names, name]}))
    for name, schema in wanted:
        absent = {"properties": {name: False}}
        present = {"type": "object", "required": [name]}
        # What depends comes first: names are written in the order in which they are required.
        _and(told, {"anyOf": [absent, {"allOf": [schema, present]}]})


def _contains(told: dict[str, Json], place: Place, _: Tree) -> None:
    least, most = told.pop("minContains", 1), told.pop("maxContains", None)
    if "contains" not in told or (least == 0 and most is None):
        told.pop("contains", None)
        return
    if told.pop("contains") not in (True, {}):
        reason = "a reply cannot be held to it; describe every item with 'items' or 'prefixItems'"
        raise unsupported("contains", str(place), reason)
    bounds: dict[str, Json] = {"minItems": least}
    _and(told, bounds if most is None else {**bounds, "maxItems": most})


def _unique(told: dict[str, Json], place: Place, _: Tree) -> None:
    most = told.get("maxItems")
    if told.pop("uniqueItems", False) is True and not (isinstance(most, int) and most <= 1):
        reason = "what was written before cannot be forbidden; leave it out and drop doubles"
        raise unsupported("uniqueItems", str(place), reason)


def _date(told: dict[str, Json], _: Place, __: Tree) -> None:
    """A date that the calendar has: to llguidance every February may have 29 days."""
    if (name := told.get("format")) in PATTERNS:
        del told["format"]
        _and(told, {"pattern": PATTERNS[str(name)]})


def _least_properties(told: dict[str, Json], place: Place, _: Tree) -> None:
    """A name may come twice where names are free, and is one property then."""
    least = told.get("minProperties", 0)
    required = told.get("required", [])
    known = len({str(name) for name in required}) if isinstance(required, list) else 0
    if isinstance(least, int) and least <= known:
        told.pop("minProperties", None)
    elif isinstance(least, int) and least > 1:
        reason = f"{least} different names cannot be promised; name them in 'required'"
        raise unsupported("minProperties", str(place), reason)


CONDITIONS: tuple[_Condition, ...] = (
    _old_items,
    unevaluated_properties,
    unevaluated_items,
    property_names,
    _if,
    _not,
    _one_of,
    _dependents,
    _contains,
    _unique,
    _date,
    _least_properties,
)
"""In this order: the first ones look at keywords that the later ones take away."""

CONDITIONAL = frozenset(
    {
        *("items", "additionalItems", "unevaluatedProperties", "unevaluatedItems"),
        *("propertyNames", "if", "then", "else", "not", "oneOf"),
        *("dependentRequired", "dependentSchemas", "contains", "minContains", "maxContains"),
        *("uniqueItems", "format", "minProperties"),
    }
)
"""Without one of these a schema stays as it is, whatever the conditions."""
