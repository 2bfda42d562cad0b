"""The client of the addon in a real Godot, with a sidecar that is played by the test."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.game import events
from tests.plugins.godot.project import play


def test_every_check_holds(bare_project: Path, tmp_path: Path) -> None:
    said = play(bare_project, tmp_path, "--script", "res://tests/client_by_hand.gd")
    tests = [event for event in events(said) if event["event"] == "test"]
    assert len(tests) == 3
    assert {str(test["name"]): test["faults"] for test in tests if test["faults"]} == {}
