"""The Godot client passes the conformance suite of the protocol."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from tests.plugins.conformance import OWN, play_all
from tests.plugins.godot.project import command
from tools.conformance.__main__ import chosen
from tools.conformance.scenarios import drops
from tools.conformance.stage import Scenario


@pytest.fixture
def client(bare_project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The command that starts a client, whose user's folder is empty."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    # What comes with the end of a connection is lost in Godot's WebSocket: one that ends within a
    # few frames brings nothing, however often it is tried.
    monkeypatch.setattr(drops, "ROOM", 24_000)
    monkeypatch.setattr(drops, "CUTS", 20)
    words = command(bare_project, "--no-header", "--script", "res://tests/conform.gd")
    return shlex.join(words)


async def test_every_scenario_passes(client: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert await play_all(chosen([]), client) == {}
    assert "SCRIPT ERROR" not in capfd.readouterr().err


@pytest.mark.parametrize("scenario", OWN, ids=lambda scenario: scenario.name)
async def test_a_scenario_of_its_own_passes(
    client: str, scenario: Scenario, capfd: pytest.CaptureFixture[str]
) -> None:
    assert await play_all([scenario], client) == {}
    assert "ERROR" not in capfd.readouterr().err


if os.name != "posix":
    pytestmark = pytest.mark.skip("Godot's console tells lines in another encoding on Windows")
