"""The presets of the project: Godot reads them without a word, and what they pack plays."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.plugins.godot.project import play
from tools.setup.places import ROOT

PRESETS = re.findall(
    r'(?m)^name="(.+)"', (ROOT / "plugins" / "godot" / "export_presets.cfg").read_text("utf-8")
)


def pack(project: Path, home: Path, preset: str) -> Path:
    """Return the game as one of the presets packs it."""
    game = home / "game"
    shutil.copytree(project, game)
    packed = home / "game.pck"
    said = play(game, home, "--export-pack", preset, str(packed))
    for word in ("ERROR", "WARNING"):
        assert word not in said, said
    return packed


def test_a_packed_game_plays(project: Path, tmp_path: Path) -> None:
    packed = pack(project, tmp_path, "Linux")
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    said = play(nowhere, tmp_path, "--main-pack", str(packed), "--quit-after", "60")
    for word in ("ERROR", "leaked"):  # That somebody is cut short by the end is a warning.
        assert word not in said, said


@pytest.mark.slow
@pytest.mark.parametrize("preset", sorted(set(PRESETS) - {"Linux"}))
def test_every_other_preset_packs_too(project: Path, tmp_path: Path, preset: str) -> None:
    assert pack(project, tmp_path, preset).stat().st_size > 0


def test_systems_without_programs_have_presets_that_may_reach_a_sidecar_elsewhere() -> None:
    presets = (ROOT / "plugins" / "godot" / "export_presets.cfg").read_text("utf-8")
    assert {"Web", "Android"} < set(PRESETS)
    assert "permissions/internet=true" in presets
