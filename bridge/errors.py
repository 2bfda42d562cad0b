"""
What can go wrong, as a closed list.

    Exception
    └── HearsayError            a code, a sentence that says what to do, the field at fault

The list is `ErrorCode`, which `protocol/hearsay.yaml` has. Every transport maps it to its own form
in one table (HTTP: `bridge.wire.http_errors`).
`code` is for programs, `message` is one sentence for a person, `param` is the path of the field
that caused it (`messages[0].role`) or None.
"""

from __future__ import annotations

from bridge.protocol import ErrorCode

__all__ = ["ErrorCode", "HearsayError"]


class HearsayError(Exception):
    """A request or a job that cannot be served."""

    def __init__(self, code: ErrorCode, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
