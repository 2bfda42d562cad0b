"""The parts that grammars in llguidance's Lark dialect are put together from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from bridge.grammar.schema import rewrite
from bridge.protocol import Json

SPACE = r"[ ]|\n[ ]{0,20}"
"""
The white space that JSON may have between its parts: a space, or a line break and an indent.

Free white space would let a model that is at a loss write blanks for ever.
"""

_SLASH = re.compile(r"(\\.)|/", re.DOTALL)


def json_rule(schema: Json, path: str = "schema") -> str:
    """
    Return the `%json {...}` of a schema, to stand where a rule may: `call: "<tool>" %json {...}`.

    `path` is the request's field, for errors. Raises HearsayError(UNSUPPORTED) that names what a
    reply cannot be held to, and INVALID_REQUEST for what is no schema.
    """
    return sound_rule(rewrite(schema, path))


def sound_rule(sound: Json) -> str:
    """Return the `%json {...}` of a schema that `bridge.grammar.schema.rewrite` returned."""
    # No \\uXXXX: a name spelled so would be the same name once more, with a value of any kind.
    options = {"whitespace_pattern": SPACE, "json_allowed_escapes": 'nrbtf\\"'}
    # A schema that is true or false has no place for options.
    body = {**(sound if isinstance(sound, dict) else {"allOf": [sound]}), "x-guidance": options}
    return f"%json {json.dumps(body)}"


def literal(text: str) -> str:
    """Return the `"..."` that matches a text and nothing else."""
    return json.dumps(text)


def choice(texts: Iterable[str]) -> str:
    """
    Return what matches any one of some texts; each must be longer than nothing.

    It is one regex: as a rule, every text would be an item of the parser's at every step.
    """
    return regex(f"(?:{'|'.join(map(escaped, texts))})")


def regex(pattern: str) -> str:
    """Return the `/.../` of a regex in Rust's syntax."""
    return f"/{_SLASH.sub(lambda found: found[1] or chr(92) + '/', pattern)}/"


def control(token: int) -> str:
    """Return what matches one control token, by its number; no text or regex ever does."""
    return f"<[{token}]>"


def escaped(text: str) -> str:
    """Return what matches a text and nothing else, as a part of a regex."""
    return "".join(char if char.isalnum() else f"\\x{{{ord(char):x}}}" for char in text)
