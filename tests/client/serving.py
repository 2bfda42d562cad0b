"""A sidecar in the test's own event loop: real sockets over a host that does as it is told."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from bridge.jobs.service import Service
from bridge.jobs.sessions import Sessions
from bridge.transports.http import create_app
from bridge.transports.server_options import SERVER_OPTIONS
from bridge.transports.zeromq import ZeroMqServer
from tests.jobs.scripted_host import ScriptedHost

MODEL = "hearsay/tavern"
TOKEN = "a token of the test"
REQUEST: dict[str, object] = {"model": MODEL, "messages": [{"role": "user", "content": "Hello"}]}


@dataclass
class Serving:
    """What a test may look into."""

    host: ScriptedHost
    sessions: Sessions
    websocket: str
    zeromq: str

    def url(self, transport: str) -> str:
        """Return the address for a transport."""
        return self.zeromq if transport == "zeromq" else self.websocket


@asynccontextmanager
async def serving(host: ScriptedHost, port: int = 0) -> AsyncIterator[Serving]:
    """Serve both transports."""
    service = Service({MODEL: host})
    sessions = Sessions(service, clock=time.monotonic)
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(
        create_app(service, token=TOKEN, sessions=sessions),
        lifespan="off",
        log_level="critical",
        access_log=False,
        **SERVER_OPTIONS,
    )
    server = uvicorn.Server(config)
    zeromq = ZeroMqServer(sessions, ["tcp://127.0.0.1:*"], token=TOKEN)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        yield Serving(host, sessions, url, zeromq.endpoints[0])
    finally:
        server.should_exit = server.force_exit = True
        await task
        zeromq.close()
        listener.close()
