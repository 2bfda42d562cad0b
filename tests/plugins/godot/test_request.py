"""Requests and jobs in a real Godot: what each method of the builder says, what a job tells."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.game import events
from tests.plugins.godot.project import play


def test_every_check_holds(bare_project: Path, tmp_path: Path) -> None:
    said = play(bare_project, tmp_path, "--script", "res://tests/request_parts.gd")
    tests = events(said)
    assert tests
    assert {str(test["name"]): test["faults"] for test in tests if test["faults"]} == {}
    assert "leaked" not in said, said
