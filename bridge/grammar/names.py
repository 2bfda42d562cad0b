"""`propertyNames`, told by `properties`, `patternProperties` and `additionalProperties`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from bridge.grammar.complement import ANNOTATIONS, NoComplement
from bridge.grammar.pattern import ANY, PatternError, translate
from bridge.grammar.refusal import unsupported
from bridge.grammar.tree import Place, Tree
from bridge.protocol import Json


class _Names(NamedTuple):
    """Which names may be: as a regex in Rust's syntax, empty for none, and as a question."""

    pattern: str
    allows: Callable[[str], object]


def property_names(told: dict[str, Json], place: Place, tree: Tree) -> None:
    """Replace `propertyNames`; raises HearsayError(UNSUPPORTED)."""
    if "propertyNames" not in told:
        return
    try:
        names = _names(told.pop("propertyNames"), tree)
        if names is not None:
            _apply(told, names)
    except (NoComplement, PatternError) as reason:
        why = f"its '{reason}' cannot be told beside the rest"
        raise unsupported("propertyNames", str(place), why) from None


def _apply(told: dict[str, Json], names: _Names) -> None:
    if "patternProperties" in told:
        raise NoComplement("patternProperties")
    if isinstance(named := told.get("properties"), dict):
        told["properties"] = {
            name: each if names.allows(name) else False for name, each in named.items()
        }
    others = told.get("additionalProperties", True)
    told["additionalProperties"] = False
    if names.pattern:
        told["patternProperties"] = {names.pattern: others}


def _names(schema: Json, tree: Tree) -> _Names | None:
    """Return which names a schema allows; None for all."""
    if isinstance(schema, bool):
        return None if schema else _among([])
    if not isinstance(schema, dict):
        raise NoComplement("schema")
    binding = {k: v for k, v in schema.items() if k not in ANNOTATIONS}
    if binding.get("type") == "string":
        del binding["type"]
    match binding:
        case {"$ref": str(reference)} if len(binding) == 1:
            return _names(tree.resolve(reference), tree)
        case {"pattern": str(pattern)} if len(binding) == 1:
            return _matching(pattern)
        case {"const": str(name)} if len(binding) == 1:
            return _among([name])
        case {"enum": list(texts)} if len(binding) == 1:
            return _among([name for name in texts if isinstance(name, str)])
        case _ if binding.keys() <= {"minLength", "maxLength"}:
            return _of_length(binding.get("minLength", 0), binding.get("maxLength", 1 << 20))
    raise NoComplement(next(iter(binding)))


def _matching(pattern: str) -> _Names:
    rust = translate(pattern)
    try:
        return _Names(rust, re.compile(pattern, re.ASCII).search)
    except re.error:  # Names that are listed could not be judged.
        raise NoComplement("pattern") from None


def _among(names: list[str]) -> _Names:
    spelled = ["".join(f"\\x{{{ord(char):x}}}" for char in name) for name in names]
    return _Names(f"^(?:{'|'.join(spelled)})$" if spelled else "", names.__contains__)


def _of_length(least: Json, most: Json) -> _Names | None:
    if not isinstance(least, int) or not isinstance(most, int):
        raise NoComplement("length")
    if (least, most) == (0, 1 << 20):
        return None
    pattern = f"^{ANY}{{{least},{'' if most == 1 << 20 else most}}}$"
    return _Names(pattern, lambda name: least <= len(name) <= most)
