"""A `response_format` as one grammar."""

from __future__ import annotations

import re

from bridge.errors import HearsayError
from bridge.grammar.closing import close
from bridge.grammar.gbnf import GbnfError, to_lark
from bridge.grammar.lark import choice, json_rule, regex
from bridge.grammar.refusal import blamed, invalid, unsupported
from bridge.protocol import Json, ResponseFormat

MAX_TEXT = 1 << 18
"""The longest grammar, in characters of Lark: what is longer is too much work for a game's form."""

MAX_CHOICES = 5000

MAX_SIGNS = 8

ROOT = "response_format"
_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|/(?:\\.|[^/\\\n])*/')


def write(form: ResponseFormat) -> str | None:
    """
    Return the grammar of a form in Lark, whose rule `start` is the reply; None for free text.

    Raises HearsayError with the field at fault.
    """
    body = rule(form)
    if body is None:
        return None
    lark = body if form.type in WHOLE else f"start: {body}\n"
    if len(lark) > MAX_TEXT:
        raise invalid(path(form), f"it is longer than {MAX_TEXT} characters as a grammar")
    return lark


def rule(form: ResponseFormat) -> str | None:
    """
    Return what stands for a reply in a rule, `start: ...`; for a grammar, the whole of it.

    None for free text. Raises HearsayError.
    """
    match form.type:
        case "text":
            return None
        case "json_object" | "json_schema":
            return json_rule(schema(form), path(form))
        case "choice":
            return _choice(form)
        case "regex":
            return regex(form.regex or form.pattern or "")
        case "grammar" | "lark":
            return _lark(form)
        case "gbnf":
            return _gbnf(form)
    raise unsupported("type", ROOT, f"{form.type!r} is none of {', '.join(KINDS)}")


def schema(form: ResponseFormat) -> Json:
    """Return the schema of a form that has one, with its plain objects closed."""
    if form.json_schema is not None:
        told = form.json_schema
        return told.schema if told.strict is False else close(told.schema)
    return {"type": "object"} if form.schema is None else close(form.schema)


def path(form: ResponseFormat) -> str:
    """Return the field of a request that holds what the reply must match."""
    if form.json_schema is not None:
        return f"{ROOT}.json_schema.schema"
    return f"{ROOT}.{_FIELDS.get(form.type, 'type')}"


def blame(form: ResponseFormat, error: HearsayError) -> HearsayError:
    """Return an error of the compiler's with the field at fault."""
    return error if error.param is not None else blamed(error, path(form))


KINDS = ("text", "json_object", "json_schema", "choice", "regex", "grammar", "lark", "gbnf")
WHOLE = ("grammar", "lark", "gbnf")
"""Types whose rule is a grammar of its own, and no part of another."""
_FIELDS = {
    "json_object": "schema",
    "json_schema": "schema",
    "choice": "choices",
    "regex": "regex",
    "grammar": "grammar",
    "lark": "grammar",
    "gbnf": "grammar",
}


def _choice(form: ResponseFormat) -> str:
    texts = form.choices or form.choice or []
    if len(texts) > MAX_CHOICES:
        raise invalid(path(form), f"more than {MAX_CHOICES} choices")
    return choice(texts)


def _lark(form: ResponseFormat) -> str:
    text = form.grammar or ""
    # Both at once, or all but: each such sign may double the work of compiling, without a bound.
    signs = _QUOTED.sub("", text)
    if signs.count("&") + signs.count("~") > MAX_SIGNS:
        raise invalid(path(form), f"more than {MAX_SIGNS} of the signs '&' and '~'")
    return text


def _gbnf(form: ResponseFormat) -> str:
    try:
        return to_lark(form.grammar or "")
    except GbnfError as error:
        raise invalid(path(form), str(error)) from None
