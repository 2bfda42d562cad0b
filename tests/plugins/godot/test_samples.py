"""The samples in a real Godot, with the model that comes with Hearsay."""

from __future__ import annotations

from pathlib import Path

from tests.plugins.game import events
from tests.plugins.godot.project import play


def test_the_samples_play_and_talk(project: Path, tmp_path: Path) -> None:
    script = "res://tests/samples_play.gd"
    said = play(project, tmp_path, "--script", script, HEARSAY_BACKEND="llama")
    tests = {str(event["name"]): event["faults"] for event in events(said)}
    assert len(tests) == 2
    assert not any(tests.values()), tests
    assert "leaked" not in said, said
