"""uvicorn, with signals and sockets in our hands."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Generator

import uvicorn
from starlette.applications import Starlette

from bridge.transports.server_options import SERVER_OPTIONS

CLOSE_SECONDS = 1
"""How long open replies may take to send their last message at the end."""


class Server(uvicorn.Server):
    """A server that leaves the signals alone and says when it listens."""

    def __init__(self, app: Starlette, keep_alive: int, listening: Callable[[], None]) -> None:
        config = uvicorn.Config(
            app,
            loop="none",
            lifespan="auto",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=keep_alive,
            timeout_graceful_shutdown=CLOSE_SECONDS,
            **SERVER_OPTIONS,
        )
        super().__init__(config)
        self._listening = listening

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Take none: the gateway has its own handlers, which end with exit code 0."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start and tell."""
        await super().startup(sockets)
        self._listening()

    @property
    def running(self) -> int:
        """The requests that are being answered."""
        return len(self.server_state.tasks)

    def peers(self) -> set[int]:
        """Return the ports at the other ends of the open connections."""
        ends = (getattr(connection, "client", None) for connection in self.server_state.connections)
        return {int(end[1]) for end in ends if end}
