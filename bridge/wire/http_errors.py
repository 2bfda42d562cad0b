"""OpenAI's form of an error over HTTP: one table of statuses, one body."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    ERROR_HTTP_CODE,
    ERROR_STATUS,
    ERROR_TYPE,
    ErrorBody,
    ErrorDetail,
)


class ErrorForm(NamedTuple):
    """How one error code looks over HTTP."""

    status: int
    type: str
    code: str | None
    headers: dict[str, str]


_REQUEST = "invalid_request_error"
_HEADERS = {
    401: {"www-authenticate": "Bearer"},
    # SDKs repeat a 500 twice unless told that it would end the same way.
    500: {"x-should-retry": "false"},
    503: {"retry-after": "1"},
}
_OWN_HEADERS = {ErrorCode.SHUTTING_DOWN: {"retry-after": "5"}}


def _form(code: ErrorCode) -> ErrorForm:
    status = ERROR_STATUS[code]
    headers = _OWN_HEADERS.get(code, _HEADERS.get(status, {}))
    return ErrorForm(status, ERROR_TYPE[code], ERROR_HTTP_CODE[code], headers)


ERROR_FORMS = {code: _form(code) for code in ErrorCode}


def error_body(error: HearsayError) -> bytes:
    """Return the JSON body of an error."""
    form = ERROR_FORMS[error.code]
    return encode_error(ErrorDetail(error.message, form.type, error.param, form.code))


def refusal_body(message: str) -> bytes:
    """Return the JSON body of what only HTTP can get wrong: route, method, size, media type."""
    return encode_error(ErrorDetail(message, _REQUEST))


def encode_error(detail: ErrorDetail) -> bytes:
    """Return the JSON of an error's detail in its envelope."""
    return msgspec.json.encode(ErrorBody(detail))
