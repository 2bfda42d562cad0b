"""What the client's tests share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.client.serving import Serving, serving
from tests.jobs.scripted_host import ScriptedHost


@pytest.fixture(params=["websocket", "msgpack", "zeromq"])
def transport(request: pytest.FixtureRequest) -> str:
    """Each way to a sidecar."""
    return str(request.param)


@pytest.fixture
async def sidecar() -> AsyncIterator[Serving]:
    """A sidecar whose host waits for what a test tells it."""
    async with serving(ScriptedHost()) as one:
        yield one
