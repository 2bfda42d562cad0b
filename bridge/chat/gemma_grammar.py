"""Gemma's way of writing a call's arguments, `{key:value}`, as a grammar made of their schema."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from bridge.chat.text_grammar import KEYWORDS, text_rule
from bridge.grammar.complement import NoComplement
from bridge.grammar.lark import choice, literal, regex, sound_rule
from bridge.grammar.refusal import unsupported
from bridge.grammar.schema import rewrite
from bridge.grammar.tree import Place, Tree
from bridge.protocol import Json

_KEY = re.compile(r"[^\s{}\[\],:\"<>]+")
_ANY_KEY = r"[A-Za-z_][\w\-]{0,63}"
_WHY = "calls in this model's own form cannot be held to it; leave it out"

_OBJECT = frozenset({"properties", "required", "additionalProperties"})
_ARRAY = frozenset({"items", "minItems", "maxItems"})
_NUMBER = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_KINDS = {
    "object": _OBJECT,
    "array": _ARRAY,
    "string": KEYWORDS,
    "integer": _NUMBER,
    "number": _NUMBER,
    "boolean": frozenset[str](),
    "null": frozenset[str](),
}
_KINDS_OF = {
    bool: {"boolean"},
    int: {"integer", "number"},
    float: {"number"},
    str: {"string"},
    list: {"array"},
    dict: {"object"},
    type(None): {"null"},
}
_ALONE = ("$ref", "anyOf", "allOf", "const", "enum")
_DEFINITIONS = frozenset({"$defs", "definitions", "$id", "$anchor"})
_KNOWN = frozenset[str]().union(*_KINDS.values(), _ALONE, _DEFINITIONS, {"type"})


class GemmaGrammar:
    """
    Writes rules whose names begin with `name`, for one schema at `path` of the request.

    Strings stand between `quote`s, a text and how it is spelled in a rule; no string has one in
    it, nor `end`, which ends calls. Keys come in the alphabet's order, as the model's template
    writes them, and properties that the schema does not name are left out where it names any.
    Raises HearsayError(UNSUPPORTED) that names what a call in this form cannot be held to.
    """

    def __init__(
        self, schema: Json, *, name: str, path: str, quote: tuple[str, str], end: str
    ) -> None:
        self.rules: list[str] = []
        self._name = name
        self._plain, self._quote = quote
        self._closers = (self._plain, end)
        self._count = 0
        self._any = ""
        self._references: dict[str, str] = {}
        root = rewrite(schema, path)
        self._tree = Tree(root)
        self.start = self._value(root, Place(path))
        """What stands for the arguments in a rule; `rules` are what it refers to."""

    def _value(self, schema: Json, place: Place) -> str:
        told: Json = {} if schema is True else schema
        if not isinstance(told, dict):
            raise unsupported("false", str(place), "no value can match it")
        if not told.keys() - _DEFINITIONS:
            return self._anything()
        return self._told(told, place)

    def _told(self, schema: dict[str, Json], place: Place) -> str:
        if strange := sorted(schema.keys() - _KNOWN):
            raise unsupported(strange[0], str(place), _WHY)
        for keyword in _ALONE:
            if keyword in schema and not (keyword == "allOf" and schema.get("type") == "string"):
                return self._alone(keyword, schema, place)
        kinds = schema.get("type") or _told_kind(schema)
        listed = kinds if isinstance(kinds, list) else [kinds]
        return _either([self._of_kind(str(kind), schema, place) for kind in listed])

    def _alone(self, keyword: str, schema: dict[str, Json], place: Place) -> str:
        """Return the rule of a schema whose one keyword says all."""
        others = schema.keys() - _DEFINITIONS - {keyword, "type"}
        if others or ("type" in schema and keyword not in {"const", "enum"}):
            other = min(others, default="type")
            raise unsupported(keyword, str(place), f"beside '{other}', {_WHY}")
        told = schema[keyword]
        if keyword == "$ref":
            return self._referred(str(told), place)
        if keyword in {"const", "enum"}:
            return self._listed([told] if keyword == "const" else told, schema.get("type"), place)
        parts = told if isinstance(told, list) else []
        if keyword == "allOf" and len(parts) != 1:
            raise unsupported(keyword, str(place), _WHY)
        within = place / keyword
        return _either([self._value(part, within / str(at)) for at, part in enumerate(parts)])

    def _referred(self, reference: str, place: Place) -> str:
        if reference not in self._references:
            try:
                target = self._tree.resolve(reference)
            except NoComplement:
                raise unsupported("$ref", str(place), _WHY) from None
            rule = self._references[reference] = self._new("at")
            self._rule(rule, self._value(target, place / "$ref"))
        return self._references[reference]

    def _listed(self, values: Json, kinds: Json, place: Place) -> str:
        """Return the rule of one of some values that are of a kind."""
        allowed = set(map(str, kinds if isinstance(kinds, list) else [kinds]))
        given = values if isinstance(values, list) else []
        fit = [each for each in given if kinds is None or _KINDS_OF[type(each)] & allowed]
        if not fit:
            raise unsupported("enum", str(place), "no value of it is of its type")
        texts = [each for each in fit if isinstance(each, str) and each]
        others = [each for each in fit if not isinstance(each, str) or not each]
        rules = [self._written(each, place) for each in others]
        if texts:
            self._check(texts, place)
            rules.append(f"{self._quote} {choice(texts)} {self._quote}")
        return _either(rules)

    def _written(self, value: Json, place: Place) -> str:
        """Return what matches one value and nothing else."""
        if isinstance(value, str):
            self._check([value], place)
            return f"{self._quote} {literal(value) if value else ''} {self._quote}"
        if isinstance(value, list):
            inside = ' "," '.join(self._written(each, place) for each in value)
            return f'"[" {inside} "]"'
        if isinstance(value, dict):
            entries = ' "," '.join(
                f"{self._key(key, place)} {self._written(value[key], place)}"
                for key in _in_order(value)
            )
            return f'"{{" {entries} "}}"'
        return literal(json.dumps(value))

    def _of_kind(self, kind: str, schema: dict[str, Json], place: Place) -> str:
        if kind == "object":
            return self._object(schema, place)
        if kind == "array":
            return self._array(schema, place)
        if kind == "string":
            return self._string(schema, place)
        told = {key: schema[key] for key in schema.keys() & _KINDS[kind]}
        return sound_rule({"type": kind, **told})

    def _string(self, schema: dict[str, Json], place: Place) -> str:
        # Where the quote is no control token, it would be read as more of the text.
        plain = self._plain if self._quote == literal(self._plain) else ""
        text, rule = text_rule(
            self._new("text"), schema, place, closers=self._closers, before=plain, after=plain
        )
        self.rules.append(rule)
        return text if plain else f"{self._quote} {text} {self._quote}"

    def _array(self, schema: dict[str, Json], place: Place) -> str:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        assert isinstance(least, int)  # noqa: S101 - the rewriting has looked
        assert most is None or isinstance(most, int)  # noqa: S101
        if most == 0:
            return '"[" "]"'
        item = self._new("item")
        self._rule(item, self._value(schema.get("items", True), place / "items"))
        more = f"{max(least - 1, 0)},{'' if most is None else most - 1}"
        inside = f'{item} ("," {item}){{{more}}}'
        return f'"[" {inside} "]"' if least else f'"[" ({inside})? "]"'

    def _object(self, schema: dict[str, Json], place: Place) -> str:
        named, required = schema.get("properties"), schema.get("required")
        properties = dict(named) if isinstance(named, dict) else {}
        wanted = {str(key) for key in required} if isinstance(required, list) else set[str]()
        others = schema.get("additionalProperties", True)
        properties |= dict.fromkeys(sorted(wanted - properties.keys()), others)
        if properties:
            members = self._members(properties, wanted, place / "properties")
            return f'"{{" {members} "}}"'
        if others is False:
            return '"{" "}"'
        entry = self._new("entry")
        value = self._value(others, place / "additionalProperties")
        self._rule(entry, f'{regex(_ANY_KEY)} ":" {value}')
        return f'"{{" ({entry} ("," {entry})*)? "}}"'

    def _members(self, properties: dict[str, Json], wanted: set[str], place: Place) -> str:
        """Return the rule of the properties, with commas between those that are there."""
        first, rest = "", ""  # What may follow where nothing was written yet, and where it was.
        for key in reversed(_in_order(properties)):
            if properties[key] is False and key not in wanted:
                continue
            entry, after, before = self._new("entry"), self._new("after"), self._new("before")
            value = self._value(properties[key], place / key)
            self._rule(entry, f"{self._key(key, place)} {value}")
            either = "" if key in wanted else f" | {rest}"
            alone = "" if key in wanted else f" | {first}"
            self._rule(after, f'"," {entry} {rest}{either}')
            self._rule(before, f"{entry} {rest}{alone}")
            first, rest = before, after
        return first

    def _key(self, key: str, place: Place) -> str:
        if not _KEY.fullmatch(key):
            raise unsupported(key, str(place), "a name in this model's form has no such signs")
        return literal(f"{key}:")

    def _check(self, texts: Sequence[str], place: Place) -> None:
        for text in texts:
            if any(closer in text for closer in self._closers):
                raise unsupported("enum", str(place), f"{text!r} would end the call")

    def _anything(self) -> str:
        if not self._any:
            self._any = rule = self._new("any")
            kinds: list[Json] = ["string", "number", "boolean", "null", "array", "object"]
            self._rule(rule, self._value({"type": kinds}, Place("")))
        return self._any

    def _new(self, word: str) -> str:
        self._count += 1
        return f"{self._name}_{word}_{self._count}"

    def _rule(self, name: str, body: str) -> None:
        self.rules.append(f"{name}: {body}")


def _either(rules: Sequence[str]) -> str:
    return rules[0] if len(rules) == 1 else f"({' | '.join(rules)})"


def _in_order(named: dict[str, Json]) -> list[str]:
    return sorted(named, key=str.lower)


def _told_kind(schema: dict[str, Json]) -> str:
    """Return a kind that a schema without a type speaks of: the others may be left out."""
    return next(kind for kind, keywords in _KINDS.items() if schema.keys() & keywords)
