"""Short HTTP answers: JSON documents and errors in OpenAI's form."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import Json
from bridge.wire.http_errors import ERROR_FORMS, error_body, refusal_body

JSON = "application/json"


def json_response(document: Json, status: int = 200) -> Response:
    """Return a document as JSON."""
    return Response(msgspec.json.encode(document), status, media_type=JSON)


def error_response(error: HearsayError) -> Response:
    """Return an error with the status of its code."""
    form = ERROR_FORMS[error.code]
    return Response(error_body(error), form.status, form.headers, JSON)


def refusal(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return what only HTTP can get wrong: route, method, size, media type."""
    return Response(refusal_body(message), status, headers, JSON)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answer what Starlette or a route refuses."""
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for this type alone
    message = error.detail
    if error.status_code == 404:
        message = f"There is no {request.url.path} here; see /v1/chat/completions and /v1/models"
    elif error.status_code == 405:
        message = f"{request.method} is not allowed here"
    return refusal(error.status_code, message, error.headers)


async def on_error(_request: Request, _error: Exception) -> Response:
    """Answer a bug of ours; the server logs it."""
    return error_response(HearsayError(ErrorCode.INTERNAL, "Hearsay failed; its log says why"))
