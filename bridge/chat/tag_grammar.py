"""Arguments as `<parameter=key>value</parameter>`s, as a grammar made of their schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import chain

from bridge.chat.text_grammar import KEYWORDS, text_rule
from bridge.grammar.lark import choice, literal, sound_rule
from bridge.grammar.refusal import unsupported
from bridge.grammar.schema import rewrite
from bridge.grammar.tree import Place
from bridge.levels import levels
from bridge.protocol import Json

_VALUE_END = "\n</parameter>\n"
_CLOSERS = ("</parameter>", "</function>")
_KEY = re.compile(r"[^>\s]{1,64}")
_DEFINITIONS = ("$defs", "definitions")
_WITHIN = tuple(f"#/{name}/" for name in _DEFINITIONS)
_KNOWN = frozenset({"type", "properties", "required", "additionalProperties", *_DEFINITIONS})
_WHY = "calls in this model's own form cannot be held to it; leave it out"


class TagGrammar:
    """
    Writes the rules of arguments in the schema's order; their names begin with `name`.

    `path` is the schema's in the request. Properties that the schema does not name are left out.
    Raises HearsayError that names what a call in this form cannot be held to.
    """

    def __init__(self, schema: dict[str, Json], *, name: str, path: str) -> None:
        self.rules: list[str] = []
        self._name = name
        sound = rewrite(schema, path)
        told = sound if isinstance(sound, dict) else schema
        self._definitions = {key: told[key] for key in _DEFINITIONS if key in told}
        _check_references(told, path)
        self.start = self._arguments(told, Place(path))
        """What stands for the arguments in a rule; `rules` are what it refers to."""

    def _arguments(self, schema: Mapping[str, Json], place: Place) -> str:
        if strange := sorted(schema.keys() - _KNOWN):
            raise unsupported(strange[0], str(place), _WHY)
        properties, required = schema.get("properties"), schema.get("required")
        named = properties if isinstance(properties, dict) else {}
        wanted = required if isinstance(required, list) else []
        if missing := [key for key in wanted if key not in named]:
            raise unsupported("required", str(place), f"{missing[0]!r} is none of its properties")
        parts: list[str] = []
        for key, value in named.items():
            part = self._argument(key, value, place / "properties")
            parts.append(part if key in wanted else f"({part})?")
        return " ".join(parts)

    def _argument(self, key: str, value: Json, place: Place) -> str:
        if not _KEY.fullmatch(key):
            raise unsupported(key, str(place), "a name in this model's form has no such signs")
        head = literal(f"<parameter={key}>\n")
        return f"{head} {self._value(value, place / key)}"

    def _value(self, schema: Json, place: Place) -> str:
        if not isinstance(schema, dict) or schema.get("type") != "string":
            body = {**schema, **self._definitions} if isinstance(schema, dict) else schema
            return f"{sound_rule(body)} {literal(_VALUE_END)}"
        if schema.keys() & {"enum", "const"}:
            return f"({self._listed(schema, place)}) {literal(_VALUE_END)}"
        if strange := sorted(schema.keys() - KEYWORDS - {"type"}):
            raise unsupported(strange[0], str(place), _WHY)
        name = f"{self._name}_text_{len(self.rules)}"
        name, rule = text_rule(name, schema, place, closers=_CLOSERS, after=_VALUE_END)
        self.rules.append(rule)
        return name

    def _listed(self, schema: Mapping[str, Json], place: Place) -> str:
        if strange := sorted(schema.keys() - {"type", "enum"} - {"const"}):
            raise unsupported(strange[0], str(place), f"beside a list of values, {_WHY}")
        listed = [schema["const"]] if "const" in schema else schema["enum"]
        given = listed if isinstance(listed, list) else []
        texts = [each for each in given if isinstance(each, str)]
        if not all(texts) or not texts or any(end in text for text in texts for end in _CLOSERS):
            raise unsupported("enum", str(place), "a value is nothing, or would end the call")
        return choice(texts)


def _check_references(schema: Mapping[str, Json], path: str) -> None:
    """Refuse what would mean something else in a value, which is a document of its own."""
    for node in chain.from_iterable(level.maps for level in levels(dict(schema))):
        reference = node.get("$ref")
        if isinstance(reference, str) and not reference.startswith(_WITHIN):
            raise unsupported(
                "$ref", path, f"{reference!r} leads elsewhere than to '$defs'; {_WHY}"
            )


def any_tags(name: str) -> tuple[str, list[str]]:
    """Return the rule of any arguments, and what it refers to."""
    key = f"{name}_key: /<parameter=[^>\\s]{{1,64}}>\\n/"
    text, rule = text_rule(f"{name}_text", {}, Place(""), closers=_CLOSERS, after=_VALUE_END)
    return f"({name}_key {text})*", [key, rule]
