"""The form that a request's replies must have: said in one of several ways, told in one."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.forms import KINDS, MAX_TEXT, path
from bridge.grammar.refusal import invalid
from bridge.grammar.schema import measure
from bridge.protocol import ChatRequest, Json, JsonSchemaFormat, ResponseFormat
from bridge.wire.document import misspelled

_FORMAT = "response_format"
_FORM_FIELDS = frozenset(ResponseFormat.__struct_fields__)
_SCHEMA_FIELDS = frozenset(JsonSchemaFormat.__struct_fields__) - _FORM_FIELDS


def form(request: ChatRequest) -> ResponseFormat | None:
    """
    Return what the replies of a request are held to; None for free text.

    Raises HearsayError for a form whose parts are missing or that is said twice; its size is not
    looked at, which takes long. Whether it can be held is the worker's to tell, which compiles it.
    """
    found = [each for each in (_told(request), _grammar(request), _schema(request)) if each]
    if len(found) > 1:
        reason = "'response_format', 'grammar' and 'json_schema' exclude each other; give one"
        raise HearsayError(ErrorCode.INVALID_REQUEST, reason, _FORMAT)
    if found and request.stop:
        reason = "Unsupported 'stop': it would cut a reply that must have a form; leave it out"
        raise HearsayError(ErrorCode.UNSUPPORTED, reason, "stop")
    return found[0] if found else None


def check_form(request: ChatRequest) -> None:
    """Refuse a form that is none, or too large to be worth the way to a worker: HearsayError."""
    told = form(request)
    if told is None:
        return
    schema = told.json_schema.schema if told.json_schema else told.schema
    measure(schema, "json_schema" if request.json_schema is not None else path(told))


def form_slips(document: Mapping[str, Json]) -> dict[str, str]:
    """Return misspelled and misplaced fields of a request's form, with what was probably meant."""
    form = document.get(_FORMAT)
    if not isinstance(form, dict):
        return {}
    slips = misspelled(form, _FORM_FIELDS)
    slips |= {key: f"json_schema.{key}" for key in sorted(_SCHEMA_FIELDS.intersection(form))}
    inner = form.get("json_schema")
    if isinstance(inner, dict):
        found = misspelled(inner, frozenset(JsonSchemaFormat.__struct_fields__))
        slips |= {f"json_schema.{key}": f"json_schema.{meant}" for key, meant in found.items()}
    return {f"{_FORMAT}.{key}": f"{_FORMAT}.{meant}" for key, meant in slips.items()}


def is_json(request: ChatRequest) -> bool:
    """Whether the replies of a request are held to be JSON."""
    told = request.response_format
    named = told is not None and told.type in ("json_object", "json_schema")
    return named or request.json_schema is not None


def _told(request: ChatRequest) -> ResponseFormat | None:
    told = request.response_format
    if told is None or told.type == "text":
        return None
    match told.type:
        case "json_object":
            return told if told.schema is None else _checked(told, told.schema, "schema")
        case "json_schema":
            return _with_schema(told)
        case "choice":
            return _having(told, told.choices or told.choice, "choices")
        case "regex":
            return _having(told, told.regex or told.pattern, "regex")
        case "grammar" | "lark" | "gbnf":
            return _having(told, told.grammar, "grammar")
    field = f"{_FORMAT}.type"
    reason = f"Unsupported '{field}': {told.type[:40]!r} is none of {', '.join(KINDS)}"
    raise HearsayError(ErrorCode.UNSUPPORTED, reason, field)


def _with_schema(told: ResponseFormat) -> ResponseFormat:
    if told.json_schema is None and told.schema is not None:
        return _checked(told, told.schema, "schema")
    known = _having(told, told.json_schema, "json_schema")
    schema = told.json_schema.schema if told.json_schema else None
    _having(known, schema is not None, "json_schema.schema")
    return _checked(known, schema, "json_schema.schema")


def _grammar(request: ChatRequest) -> ResponseFormat | None:
    return ResponseFormat("gbnf", grammar=request.grammar) if request.grammar else None


def _schema(request: ChatRequest) -> ResponseFormat | None:
    if request.json_schema is None:
        return None
    _check_schema(request.json_schema, "json_schema")
    return ResponseFormat("json_schema", json_schema=JsonSchemaFormat(schema=request.json_schema))


def _having(told: ResponseFormat, what: Json, name: str) -> ResponseFormat:
    if not what:
        field = f"{_FORMAT}.{name}"
        reason = f"Missing required field '{field}' of the type {told.type!r}"
        raise HearsayError(ErrorCode.INVALID_REQUEST, reason, field)
    if isinstance(what, str) and len(what) > MAX_TEXT:
        raise invalid(f"{_FORMAT}.{name}", f"it is longer than {MAX_TEXT} characters")
    return told


def _checked(told: ResponseFormat, schema: Json, name: str) -> ResponseFormat:
    _check_schema(schema, f"{_FORMAT}.{name}")
    return told


def _check_schema(schema: Json, field: str) -> None:
    if not isinstance(schema, dict | bool):
        raise invalid(field, "a schema is an object, or true or false")
