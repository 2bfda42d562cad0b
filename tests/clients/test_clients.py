"""The OpenAI clients of others, unchanged: answers, streams, and what they make of our errors."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.errors import ErrorCode
from bridge.jobs.service import Service
from bridge.transports.http import create_app
from bridge.worker.messages import Failed, Output, Submit
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.serving import MODEL, serving
from tools.clients import node_folder, python

SPEAKERS = Path(__file__).with_name("speakers")
KEY = "secret-of-the-tavern"
WORDS = ["Grüß", " Gott", ",", " Wanderer", " 🏰"]
TEXT = "".join(WORDS)

CODES = {"internal": ErrorCode.INTERNAL, "busy": ErrorCode.BUSY, "broken": ErrorCode.WORKER_CRASHED}

STATUSES = {"key": 401, "model": 400, "internal": 500, "busy": 503}
DEAF = {"ai_sdk_node.mjs"}
"""Clients that ask again after every 500, whatever `x-should-retry` says."""


class MoodyHost(ScriptedHost):
    """Answers as the player's last word wants; counts how often it was asked what."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def submit(self, submit: Submit, sink: Callable[[Output], None]) -> None:
        """Fail, fail in the middle, or talk."""
        content = submit.messages[-1].content
        assert isinstance(content, str)
        self.asked[content] += 1
        mood = content.split()[-1]
        self._words = None if mood in CODES else WORDS
        super().submit(submit, sink)
        if mood == "broken":
            self.begin()
            self.write(WORDS[0])
        if mood in CODES:
            sink(Failed(submit.job, CODES[mood], "It broke"))


def command(script: str) -> list[str]:
    """Return what runs a script of a client; skips where it is not installed."""
    if script == "openai_python.py":
        return [sys.executable, str(SPEAKERS / script)]
    if script.endswith(".py"):
        if not python().exists():
            pytest.skip("the clients of others are not installed; run: make clients")
        return [str(python()), str(SPEAKERS / script)]
    node = shutil.which("node")
    if not node or not (node_folder() / "node_modules").exists():
        pytest.skip("Node.js or its clients are not installed; install it and run: make clients")
    for each in SPEAKERS.glob("*.mjs"):  # Node looks for packages beside a script.
        shutil.copy(each, node_folder())
    return [node, str(node_folder() / script)]


async def spoken(script: str) -> tuple[dict[str, dict[str, object]], MoodyHost]:
    """Let a client do all its cases; return what it made of them."""
    run, host = command(script), MoodyHost()
    async with serving(create_app(Service({MODEL: host}), token=KEY)) as url:
        process = await asyncio.create_subprocess_exec(
            *run, url, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        async with asyncio.timeout(120):
            said, complaints = await process.communicate()
    assert process.returncode == 0, complaints.decode()
    return json.loads(said.splitlines()[-1]), host


@pytest.mark.parametrize("script", sorted(path.name for path in SPEAKERS.glob("*_*.*")))
async def test_a_client_of_others_understands_us(script: str) -> None:
    results, host = await spoken(script)
    assert results["plain"] == results["stream"] == {"text": TEXT}
    assert {case: results[case].get("status") for case in STATUSES} == STATUSES
    # A stream that breaks is an error to everybody, after what was heard of it.
    assert "error" in results["broken"]
    assert results["broken"]["text"] == WORDS[0]
    times = {content.split()[-1]: count for content, count in host.asked.items()}
    again = 2 if script in DEAF else 1
    assert times == {"hello": 2, "internal": again, "busy": 2, "broken": 1}
