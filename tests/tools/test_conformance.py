"""The Python client passes the conformance suite, and the suite sees a client that does not."""

from __future__ import annotations

import shlex
import sys

import pytest

from tools.conformance.__main__ import PYTHON, chosen, suite

BROKEN = """
import asyncio, {module} as module
{fault}
from bridge.client.conform import main
asyncio.run(main())
"""

CALLED_AGAIN = "module.Pending._once = lambda self, message, index, key: message"
NEVER_ANSWERS = "module.Book._answer_again = lambda self, pending, message: None"
NEVER_SAYS = "module.Book.say = lambda self, message: self.live and self._send(message)"
ANSWERS_TWICE = """
once = module.AsyncHearsay.tool_result
def twice(self, **result):
    once(self, **result)
    once(self, **result)
module.AsyncHearsay.tool_result = twice
"""


def broken(module: str, fault: str) -> str:
    """Return the command of a client with a fault."""
    code = BROKEN.format(module=module, fault=fault)
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


@pytest.mark.parametrize("transport", ["websocket", "zeromq"])
async def test_the_python_client_passes(transport: str, capsys: pytest.CaptureFixture[str]) -> None:
    failed = await suite(chosen([]), PYTHON, transport)
    assert not failed, capsys.readouterr().out


@pytest.mark.parametrize(
    ("scenario", "module", "fault"),
    [
        ("overlap", "bridge.client.pending", "module.Pending._rest = lambda self, chunk: chunk"),
        ("gap", "bridge.client.pending", "module.Pending._rest = lambda self, chunk: chunk"),
        (
            "cut_short",
            "bridge.client.pending",
            "module.Pending._check_whole = lambda self, done: None",
        ),
        ("silence", "bridge.client.core", "module.MISSES = 1"),
        ("nothing_but_garbage", "bridge.client.core", "module.STRIKES = 1"),
        ("lost_submit", "bridge.client.book", "module.Book._recover = lambda self, job: None"),
        (
            "overlap",
            "bridge.client.book",
            "module.Book.seen = lambda self: []",
        ),
        ("code_points", "bridge.client.job", "module.Job.receive = lambda self, message: None"),
        ("dropped_before_the_result", "bridge.client.pending", CALLED_AGAIN),
        ("dropped_with_the_result", "bridge.client.book", NEVER_ANSWERS),
        ("answered_while_away", "bridge.client.book", NEVER_SAYS),
        ("failed_tool", "bridge.client.asynchronous", ANSWERS_TWICE),
    ],
)
async def test_a_client_with_a_fault_does_not_pass(
    scenario: str, module: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.conformance.driver.EVENT_SECONDS", 3.0)
    assert await suite(chosen([scenario]), broken(module, fault), "websocket") == 1


def test_an_unknown_scenario_is_named() -> None:
    with pytest.raises(SystemExit, match="no scenario 'singing'"):
        chosen(["singing"])
