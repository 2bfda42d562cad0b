"""Schemas at random, all of them bounded: whoever keeps to one comes to an end."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

Schema = dict[str, Any]
_Kind = Callable[[Random, int], Schema]

_WORDS = ("mood", "name", "price", "items", "says", "target", "kind", "x", "y", "the way", "größe")
_PATTERNS = ("^[a-z]{1,8}$", r"^\d{2,4}-[A-Z]$", "^(yes|no|perhaps)$", "^[A-Z][a-z ]{0,12}[.!]$")
_FORMATS = ("date", "time", "uuid", "ipv4")


def invent(random: Random, depth: int = 3) -> Schema:
    """Return a schema; `depth` is how deep objects and lists may nest."""
    kinds: list[_Kind] = [_text, _whole, _real, _one_of_some, _pattern, _format, _truth]
    if depth:
        kinds += [_object, _object, _list, _either, _tuple]
    return random.choice(kinds)(random, depth - 1)


def invent_object(random: Random) -> Schema:
    """Return a schema of an object, as games ask for."""
    return _object(random, 2)


def _text(random: Random, _depth: int) -> Schema:
    least = random.randrange(3)
    return {"type": "string", "minLength": least, "maxLength": least + random.randrange(1, 24)}


def _pattern(random: Random, _depth: int) -> Schema:
    return {"type": "string", "pattern": random.choice(_PATTERNS)}


def _format(random: Random, _depth: int) -> Schema:
    return {"type": "string", "format": random.choice(_FORMATS)}


def _whole(random: Random, _depth: int) -> Schema:
    least = random.randrange(-1000, 1000)
    schema: Schema = {
        "type": "integer",
        "minimum": least,
        "maximum": least + random.randrange(2000),
    }
    if random.random() < 0.2:
        schema = {
            "type": "integer",
            "minimum": 0,
            "maximum": 999,
            "multipleOf": random.choice((2, 5, 7)),
        }
    return schema


def _real(random: Random, _depth: int) -> Schema:
    least = random.randrange(-50, 50)
    # Halves and quarters: what a float holds exactly, so that no two readers disagree.
    return {
        "type": "number",
        "minimum": least,
        "maximum": least + random.randrange(1, 100),
        "multipleOf": random.choice((0.25, 0.5)),
    }


def _truth(random: Random, _depth: int) -> Schema:
    return {"type": random.choice(("boolean", "null", ["boolean", "null"]))}


def _one_of_some(random: Random, _depth: int) -> Schema:
    values = random.sample(["glad", "sad", "angry", 1, 2.5, None, True, ""], random.randrange(1, 6))
    return {"const": values[0]} if len(values) == 1 else {"enum": values}


def _object(random: Random, depth: int) -> Schema:
    names = random.sample(_WORDS, random.randrange(1, 5))
    schema: Schema = {
        "type": "object",
        "properties": {name: invent(random, depth) for name in names},
        "required": random.sample(names, random.randrange(len(names) + 1)),
        "additionalProperties": False,
    }
    if len(names) > 1 and random.random() < 0.15:
        schema["dependentRequired"] = {names[0]: [names[1]]}
    return schema


def _list(random: Random, depth: int) -> Schema:
    least = random.randrange(3)
    most = least + random.randrange(3)
    return {"type": "array", "items": invent(random, depth), "minItems": least, "maxItems": most}


def _tuple(random: Random, depth: int) -> Schema:
    parts = [invent(random, depth) for _ in range(random.randrange(1, 4))]
    return {"type": "array", "prefixItems": parts, "items": False, "minItems": len(parts)}


def _either(random: Random, depth: int) -> Schema:
    kinds: list[_Kind] = [_text, _whole, _truth, _object]
    parts = [kind(random, depth) for kind in random.sample(kinds, 2)]
    return {"anyOf": parts}
