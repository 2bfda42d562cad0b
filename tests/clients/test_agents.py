"""Agents of others' frameworks call tools through us, unchanged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bridge.jobs.service import Service
from bridge.protocol import FinishReason, Role
from bridge.transports.http import create_app
from bridge.worker.messages import CallWritten, Output, Submit, Wrote
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.serving import MODEL, serving
from tools.clients import python

AGENTS = Path(__file__).with_name("agents")
SCRIPTS = ["pydantic_ai_agent.py", "langchain_agent.py"]


class Guard(ScriptedHost):
    """Calls a tool first, and says what it answered then."""

    def submit(self, submit: Submit, sink: Callable[[Output], None]) -> None:
        super().submit(submit, sink)
        self.begin()
        last = submit.messages[-1]
        if last.role is Role.TOOL:
            self.write(f"The {last.content}.")
            self.finish()
            return
        for name, arguments in (("open_door", '{"door"'), (None, ': "north gate"}')):
            self._say(Wrote(self.job, 0, [1], "", "", [CallWritten(0, name, arguments)]))
        self.finish(FinishReason.TOOL_CALLS)


async def told(script: str, url: str, *words: str) -> dict[str, Any]:
    """Run an agent; return what came of it."""
    if not python().exists():
        pytest.skip("the clients of others are not installed; run: make clients")
    process = await asyncio.create_subprocess_exec(
        str(python()),
        str(AGENTS / script),
        url,
        *words,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(120):
        said, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found


@pytest.mark.parametrize("script", SCRIPTS)
async def test_an_agents_loop_runs_plain_and_streamed(script: str) -> None:
    async with serving(create_app(Service({MODEL: Guard()}), token=None)) as url:
        result = await told(script, url, "scripted")
    assert result["plain"] == result["stream"] == "The north gate is open."
    assert result["opened"] == ["north gate", "north gate"]


@pytest.mark.parametrize("script", SCRIPTS)
async def test_a_typed_answer_is_a_call_that_fits_its_schema(script: str, sidecar: str) -> None:
    order = (await told(script, sidecar))["typed"]
    assert len(order["item"]) <= 12
    assert 1 <= order["count"] <= 9


async def test_instructor_gets_what_it_asks_for_by_schema_and_by_tool(sidecar: str) -> None:
    orders = await told("instructor_orders.py", sidecar)
    assert len(orders) == 2
    for order in orders.values():
        assert len(order["item"]) <= 12
        assert 1 <= order["count"] <= 9
