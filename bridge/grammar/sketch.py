"""A JSON schema in few words, in the way TypeScript writes types."""

from __future__ import annotations

import json

from bridge.protocol import Json

_DEPTH = 6
_PLAIN = {"integer": "integer", "number": "number", "string": "string", "boolean": "boolean"}


def sketch(schema: Json, root: Json = None, depth: int = _DEPTH) -> str:
    """Return the shape of a schema; what does not fit a shape is left out, and deep parts are."""
    whole = schema if root is None else root
    if not isinstance(schema, dict) or not depth:
        return "any"
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if isinstance(values := schema.get("enum"), list):
        return " | ".join(json.dumps(value, ensure_ascii=False) for value in values)
    if isinstance(reference := schema.get("$ref"), str):
        return sketch(_resolved(reference, whole), whole, depth - 1)
    for keyword, between in (("anyOf", " | "), ("oneOf", " | "), ("allOf", " & ")):
        if isinstance(parts := schema.get(keyword), list):
            return between.join(sketch(each, whole, depth - 1) for each in parts)
    return _of_type(schema, whole, depth)


def _of_type(schema: dict[str, Json], root: Json, depth: int) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(sketch({**schema, "type": each}, root, depth) for each in kind)
    if kind == "object" or "properties" in schema:
        return _object(schema, root, depth)
    if kind == "array":
        items = sketch(schema.get("items", True), root, depth - 1)
        return f"({items})[]" if " " in items and items[0] != "{" else f"{items}[]"
    return _PLAIN.get(str(kind), "null" if kind == "null" else "any")


def _object(schema: dict[str, Json], root: Json, depth: int) -> str:
    named = schema.get("properties")
    required = schema.get("required")
    needed = required if isinstance(required, list) else []
    parts = [
        f"{json.dumps(name, ensure_ascii=False)}{'' if name in needed else '?'}: "
        f"{sketch(each, root, depth - 1)}"
        for name, each in (named.items() if isinstance(named, dict) else ())
    ]
    return f"{{{', '.join(parts)}}}" if parts else "{}"


def _resolved(reference: str, root: Json) -> Json:
    node = root
    for step in filter(None, reference.removeprefix("#").split("/")):
        node = node.get(step) if isinstance(node, dict) else None
    return node
