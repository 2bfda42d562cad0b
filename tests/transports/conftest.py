"""A served application over a scripted host."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from bridge.jobs.service import Service
from bridge.transports.http import create_app
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.bridging import Sidecar, sidecar_of
from tests.transports.serving import MODEL, Serve, serving

# Loading the certificates of the world takes longer than any test here, and none is needed.
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(host: ScriptedHost, **options: object) -> httpx.AsyncClient:
            service = Service({MODEL: host}, {"gpt": MODEL})
            app = create_app(service, **{"token": None, **options})  # type: ignore[arg-type]
            url = await stack.enter_async_context(serving(app))
            client = httpx.AsyncClient(base_url=url, verify=PLAIN, trust_env=False, timeout=10)
            return await stack.enter_async_context(client)

        yield start


@pytest.fixture
def host() -> ScriptedHost:
    return ScriptedHost()


@pytest.fixture
async def client(serve: Serve, host: ScriptedHost) -> httpx.AsyncClient:
    return await serve(host)


@pytest.fixture
async def sidecar(host: ScriptedHost) -> AsyncIterator[Sidecar]:
    async with sidecar_of(host) as one:
        yield one
