"""How a job is to be served: when, before whom, and for which character."""

from __future__ import annotations

from typing import NamedTuple

from bridge.protocol import ChatRequest, HttpChatRequest, Priority


class Serving(NamedTuple):
    """
    What a request says beside what to write.

    Times are milliseconds from the moment it came. `character` is unique among all sessions.
    `tool_rounds` is how often the job goes on with the results of tools.
    """

    priority: Priority = Priority.NORMAL
    deadline_ms: int | None = None
    first_token_by_ms: int | None = None
    character: str | None = None
    tool_rounds: int = 0
    tool_timeout_ms: int = 0


def serving(request: ChatRequest) -> Serving:
    """Return what a request that came alone, as over HTTP, says of it."""
    if isinstance(request, HttpChatRequest):
        return Serving(request.priority, request.deadline_ms, request.first_token_by_ms)
    return Serving()
