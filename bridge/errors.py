"""
What can go wrong, as a closed list.

    Exception
    └── HearsayError            a code, a sentence that says what to do, the field at fault

Every transport maps `ErrorCode` to its own form in one table (HTTP: `bridge.wire.openai`).
`code` is for programs, `message` is one sentence for a person, `param` is the path of the field
that caused it (`messages[0].role`) or None.
"""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a request or a job failed. Programs branch on these; the list only grows."""

    INVALID_REQUEST = "invalid_request"
    UNSUPPORTED = "unsupported"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_FAILED = "model_failed"
    CONTEXT_EXCEEDED = "context_exceeded"
    BUSY = "busy"
    WORKER_CRASHED = "worker_crashed"
    SHUTTING_DOWN = "shutting_down"
    INTERNAL = "internal"


class HearsayError(Exception):
    """A request or a job that cannot be served."""

    def __init__(self, code: ErrorCode, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
