"""A character in a real Godot: its parts, what it tells and remembers, and real conversations."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.game import events
from tests.plugins.godot.project import play


@pytest.mark.parametrize("script", ["character_parts", "character_by_hand", "character_talk"])
def test_every_check_holds(bare_project: Path, tmp_path: Path, script: str) -> None:
    path = f"res://tests/{script}.gd"
    said = play(bare_project, tmp_path, "--script", path, HEARSAY_BACKEND="llama")
    tests = [event for event in events(said) if event["event"] == "test"]
    assert tests
    assert {str(test["name"]): test["faults"] for test in tests if test["faults"]} == {}
    assert "leaked" not in said, said
