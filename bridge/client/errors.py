"""
What a client's calls and jobs raise.

    HearsayError                a code, a sentence that says what to do, the field at fault
    └── ConnectionLostError     the sidecar or its session is gone: CONNECTION_LOST

A job that was cancelled or missed its deadline raises nothing: its finish reason tells it.
"""

from __future__ import annotations

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import JobFailed


class ConnectionLostError(HearsayError):
    """The sidecar or its session is gone; what became of the job is not known."""

    def __init__(self, message: str, param: str | None = None) -> None:
        super().__init__(ErrorCode.CONNECTION_LOST, message, param)


def error_of(failed: JobFailed) -> HearsayError:
    """Return what a failed job raises; a code that only a newer sidecar knows is INTERNAL."""
    if failed.code == ErrorCode.CONNECTION_LOST:
        return ConnectionLostError(failed.message, failed.param)
    known = failed.code in ErrorCode.__members__.values()
    code = ErrorCode(failed.code) if known else ErrorCode.INTERNAL
    return HearsayError(code, failed.message, failed.param)
