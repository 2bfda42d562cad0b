"""A real server on a free port, in the test's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import httpx
import uvicorn
from starlette.types import ASGIApp

from bridge.transports.server_options import SERVER_OPTIONS
from tests.jobs.scripted_host import ScriptedHost

MODEL = "hearsay/tavern"
WORDS = ["Once", " upon", " a", " time", " \N{CASTLE}"]


class Serve(Protocol):
    """Starts a server over a host; what else it is given goes to `create_app`."""

    async def __call__(self, host: ScriptedHost, **options: object) -> httpx.AsyncClient: ...


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_level="critical",
        access_log=False,
        **SERVER_OPTIONS,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:  # The socket listens already: whoever connects too early waits in its queue.
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = server.force_exit = True
        await task
        listener.close()
