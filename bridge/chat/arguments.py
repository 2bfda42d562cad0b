"""A call's arguments: where they end in a stream, and as JSON from forms that are none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import cast

from bridge.protocol import Json

_PARAMETER = re.compile(r"\s*<parameter=([^>\n]+)>\n?(.*?)\n</parameter>", re.DOTALL)
_KEY = re.compile(r'([{,]\s*)([^\s{}\[\],:"]+)\s*:')


class ValueEnd:
    """
    Finds where one JSON value ends, however its text is cut.

    Objects, arrays and strings tell their end themselves; other values end before a comma, a
    bracket or space.
    """

    def __init__(self) -> None:
        self.done = False
        self._depth = 0
        self._quoted = self._escaped = self._begun = False

    def skip(self, text: str) -> int:
        """Return how many of the next characters are space before the value."""
        return 0 if self._begun else len(text) - len(text.lstrip())

    def feed(self, text: str) -> int:
        """Return how many of the next characters belong to the value."""
        for index, sign in enumerate(text):
            if self._plain_end(sign):
                self.done = True
                return index
            self._take(sign)
            if self.done:
                return index + 1
        return len(text)

    def _plain_end(self, sign: str) -> bool:
        outside = self._begun and not self._quoted and not self._depth
        return outside and sign in ",]} \t\r\n<"

    def _take(self, sign: str) -> None:
        self._begun = True
        if self._escaped:
            self._escaped = False
        elif self._quoted:
            self._escaped = sign == "\\"
            self._quoted = sign != '"'
            self.done = not self._quoted and not self._depth
        elif sign == '"':
            self._quoted = True
        elif sign in "{[":
            self._depth += 1
        elif sign in "}]":
            self._depth -= 1
            self.done = self._depth <= 0


def from_tags(body: str, parameters: Mapping[str, Json]) -> str:
    """
    Return the arguments in `<parameter=key>value</parameter>` as a JSON object.

    A value is text where the schema has a string; elsewhere it is read as JSON, and is text when
    it is none.
    """
    properties = parameters.get("properties")
    known = properties if isinstance(properties, dict) else {}
    found = {
        key.strip(): _value(text, known.get(key.strip())) for key, text in _PARAMETER.findall(body)
    }
    return json.dumps(found, ensure_ascii=False)


def from_gemma(body: str, quote: str) -> str:
    """Return `{key:value}` with strings in quotes of their own as a JSON object."""
    pieces = body.split(quote)
    # Every second piece is the inside of a string; keys stand only in the others.
    written = [
        json.dumps(piece, ensure_ascii=False) if index % 2 else _KEY.sub(r'\1"\2":', piece)
        for index, piece in enumerate(pieces)
    ]
    return "".join(written)


def whole_call(text: str, *, needs_arguments: bool) -> list[tuple[str, str]]:
    """Return the (name, arguments) of a JSON object or list that calls tools; else nothing."""
    try:
        found = json.loads(text)
    except ValueError:
        return []
    calls = found if isinstance(found, list) else [found]
    read = [_call(call, {} if not needs_arguments else None) for call in calls]
    return [call for call in read if call] if all(read) else []


def _call(call: object, default: dict[str, Json] | None) -> tuple[str, str] | None:
    if not isinstance(call, dict) or not isinstance(call.get("name"), str):
        return None
    given = call.get("arguments", call.get("parameters", default))
    if given is None:
        return None
    text = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    return cast(str, call["name"]), text


def _value(text: str, schema: Json) -> Json:
    if isinstance(schema, dict) and schema.get("type") == "string":
        return text
    try:
        return cast(Json, json.loads(text))
    except ValueError:
        return text
