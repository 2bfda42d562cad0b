"""Every failure has a status and OpenAI's form."""

from __future__ import annotations

import json

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.wire.http_errors import ERROR_FORMS, error_body, refusal_body


def test_an_unknown_model_looks_as_in_the_specification() -> None:
    error = HearsayError(ErrorCode.MODEL_NOT_FOUND, "Model 'nonexistent-model' not found", "model")
    assert json.loads(error_body(error)) == {
        "error": {
            "message": "Model 'nonexistent-model' not found",
            "type": "invalid_request_error",
            "param": "model",
            "code": None,
        }
    }


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_code_has_a_form(code: ErrorCode) -> None:
    assert 400 <= ERROR_FORMS[code].status < 600


@pytest.mark.parametrize("code", list(ErrorCode))
def test_a_failure_says_whether_to_come_again(code: ErrorCode) -> None:
    form = ERROR_FORMS[code]
    assert ("x-should-retry" in form.headers) == (form.status == 500)
    assert ("retry-after" in form.headers) == (form.status == 503)


def test_nobody_is_told_that_they_asked_too_often() -> None:
    """Every client asks again after 503 with Retry-After as it does after 429."""
    assert 429 not in {form.status for form in ERROR_FORMS.values()}
    assert ERROR_FORMS[ErrorCode.BUSY].status == 503


def test_a_full_context_has_openais_code() -> None:
    body = json.loads(error_body(HearsayError(ErrorCode.CONTEXT_EXCEEDED, "9000 > 8192")))
    assert body["error"]["code"] == "context_length_exceeded"


def test_a_refusal_has_the_same_form() -> None:
    assert json.loads(refusal_body("no"))["error"] == {
        "message": "no",
        "type": "invalid_request_error",
        "param": None,
        "code": None,
    }
