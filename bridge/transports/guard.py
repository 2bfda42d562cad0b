"""
Who may speak with the sidecar at all; asked before any route is looked for.

A web page in a browser reaches loopback addresses too. It cannot leave out `Origin`, cannot fake
`Host` (DNS rebinding), and needs permission to send JSON: each of the three gives it away.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from bridge.errors import ErrorCode, HearsayError
from bridge.transports.answers import error_response, refusal

LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]"})
PUBLIC_PATHS = frozenset({"/health"})
"""Paths that need no token: they tell that Hearsay runs and nothing about anybody."""


class Guard:
    """Refuses foreign hosts, browsers, bodies that are not JSON, and callers without the token."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        token: str | None,
        allowed_hosts: Collection[str],
        on_activity: Callable[[], None],
    ) -> None:
        self._app = app
        self._token = token
        self._hosts = LOOPBACK | {host.lower() for host in allowed_hosts}
        self._on_activity = on_activity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a connection through or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if (refused := self._refuse(scope)) is None:
            await self._let_through(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await refused(scope, receive, send)

    async def _let_through(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._on_activity()
        try:
            await self._app(scope, receive, send)
        finally:  # A long answer is activity until its end.
            self._on_activity()

    def _refuse(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        if not self._is_ours(headers.getlist("host")):
            return _forbidden("This host name is not allowed; use localhost or 127.0.0.1")
        if "origin" in headers:
            return _forbidden("Requests from web pages are not allowed")
        if scope["type"] == "websocket":  # its first message brings the token
            return None
        if not self._is_trusted(scope["path"], headers.get("authorization", "")):
            message = "Wrong or missing token; send it as 'Authorization: Bearer TOKEN'"
            return error_response(HearsayError(ErrorCode.UNAUTHORIZED, message))
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if scope["method"] == "POST" and media_type != "application/json":
            return refusal(415, "The body must be JSON; send 'Content-Type: application/json'")
        return None

    def _is_ours(self, hosts: list[str]) -> bool:
        if len(hosts) != 1:
            return False
        name, colon, port = hosts[0].lower().rpartition(":")
        if not colon or port.endswith("]"):  # no port: the colons, if any, are an address's
            return hosts[0].lower() in self._hosts
        return name in self._hosts and port.isdecimal()

    def _is_trusted(self, path: str, authorization: str) -> bool:
        if self._token is None or path in PUBLIC_PATHS:
            return True
        scheme, _, token = authorization.partition(" ")
        same = hmac.compare_digest(token.strip().encode(), self._token.encode())
        return same and scheme.lower() == "bearer"


def _forbidden(message: str) -> Response:
    return error_response(HearsayError(ErrorCode.FORBIDDEN, message))
