"""`propertyNames`, told by `properties`, `patternProperties` and `additionalProperties`."""

from __future__ import annotations

import re

from bridge.grammar.complement import ANNOTATIONS, NoComplement
from bridge.grammar.pattern import ANY, PatternError, translate
from bridge.grammar.refusal import unsupported
from bridge.grammar.tree import Place, Tree
from bridge.protocol import Json


def property_names(told: dict[str, Json], place: Place, tree: Tree) -> None:
    """Replace `propertyNames`; raises HearsayError(UNSUPPORTED)."""
    if "propertyNames" not in told:
        return
    try:
        pattern = _pattern(told.pop("propertyNames"), tree)
        if pattern is not None:
            _apply(told, pattern)
    except (NoComplement, PatternError) as reason:
        why = f"its '{reason}' cannot be told beside the rest"
        raise unsupported("propertyNames", str(place), why) from None


def _apply(told: dict[str, Json], pattern: str) -> None:
    """Let only names of a pattern be; an empty one lets none be."""
    if "patternProperties" in told:
        raise NoComplement("patternProperties")
    named = told.get("properties", {})
    if isinstance(named, dict):
        told["properties"] = {
            name: each if pattern and re.search(pattern, name) else False
            for name, each in named.items()
        }
    others = told.get("additionalProperties", True)
    told["additionalProperties"] = False
    if pattern:
        told["patternProperties"] = {pattern: others}


def _pattern(names: Json, tree: Tree) -> str | None:
    """Return what names must match: None for anything, nothing for none at all."""
    if isinstance(names, bool):
        return None if names else ""
    if not isinstance(names, dict):
        raise NoComplement("schema")
    binding = {k: v for k, v in names.items() if k not in ANNOTATIONS}
    if binding.get("type") == "string":
        del binding["type"]
    match binding:
        case {"$ref": str(reference)} if len(binding) == 1:
            return _pattern(tree.resolve(reference), tree)
        case {"pattern": str(pattern)} if len(binding) == 1:
            return translate(pattern)
        case {"const": str(name)} if len(binding) == 1:
            return _among([name])
        case {"enum": list(texts)} if len(binding) == 1:
            return _among([name for name in texts if isinstance(name, str)])
        case _ if binding.keys() <= {"minLength", "maxLength"}:
            return _of_length(binding.get("minLength", 0), binding.get("maxLength", ""))
    raise NoComplement(next(iter(binding)))


def _among(names: list[str]) -> str:
    spelled = ["".join(f"\\x{{{ord(char):x}}}" for char in name) for name in names]
    return f"^(?:{'|'.join(spelled)})$" if spelled else ""


def _of_length(least: Json, most: Json) -> str | None:
    if least == 0 and most == "":
        return None
    return f"^{ANY}{{{least},{most}}}$"
