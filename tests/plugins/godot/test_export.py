"""The presets of the project: Godot reads them without a word, and what they pack plays."""

from __future__ import annotations

import platform
import re
import shutil
import sys
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


def export(game: Path, home: Path, target: Path) -> str:
    return play(game, home, "--export-release", "Linux", str(target / "tavern.x86_64"))


def exported(project: Path, home: Path, options: str, setting: str = "") -> tuple[Path, str]:
    """
    Export the game for Linux; return its folder and what was said.

    Any program serves as the template: what is looked at is what lies beside it.
    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the preset wants a template for another machine")
    game, target = home / "game", home / "out"
    shutil.copytree(project, game)
    target.mkdir(exist_ok=True)
    presets = game / "export_presets.cfg"
    head = "[preset.0.options]\n\n"
    template = f'custom_template/release="{Path(sys.executable).resolve()}"\n'
    presets.write_text(presets.read_text("utf-8").replace(head, head + template + options), "utf-8")
    if setting:
        with (game / "project.godot").open("a", encoding="utf-8") as settings:
            settings.write(f"\n[hearsay]\n\n{setting}\n")
    said = export(game, home, target)
    for word in ("ERROR", "WARNING"):
        assert word not in said, said
    assert (target / "tavern.pck").is_file()
    return target, said


def bundle(folder: Path) -> Path:
    """Make what stands for the folder of `make bundle`, with a link in it as there."""
    (folder / "_internal" / "llama_cpp").mkdir(parents=True)
    (folder / "hearsay").write_text("the program")
    (folder / "hearsay").chmod(0o755)
    (folder / "_internal" / "llama_cpp" / "lib.so").write_text("a library")
    (folder / "_internal" / "lib.so").symlink_to("llama_cpp/lib.so")
    return folder


def is_whole(folder: Path) -> bool:
    inside = folder / "_internal"
    everyone = 0o111
    if (folder / "hearsay").stat().st_mode & everyone != everyone:
        return False
    return (folder / "hearsay").read_text() == "the program" and [
        (inside / name).read_text() for name in ("lib.so", "llama_cpp/lib.so")
    ] == ["a library"] * 2


def test_an_exported_game_has_the_sidecar_that_its_preset_names(
    project: Path, tmp_path: Path
) -> None:
    folder = bundle(tmp_path / "made" / "hearsay")
    target, said = exported(project, tmp_path, f'hearsay/sidecar="{folder}/"\n')
    assert is_whole(target / "hearsay")
    assert "no sidecar" not in said
    (target / "hearsay" / "_internal" / "old.so").write_text("of an older sidecar")
    assert "ERROR" not in export(tmp_path / "game", tmp_path, target)
    assert is_whole(target / "hearsay")
    assert not (target / "hearsay" / "_internal" / "old.so").exists()


def test_one_that_is_exported_to_where_its_sidecar_lies_leaves_that_alone(
    project: Path, tmp_path: Path
) -> None:
    folder = bundle(tmp_path / "out" / "hearsay")
    target, said = exported(project, tmp_path, f'hearsay/sidecar="{folder}"\n')
    assert is_whole(target / "hearsay")
    assert "no sidecar" not in said


def test_it_has_that_of_the_checkout_that_the_settings_name(project: Path, tmp_path: Path) -> None:
    bundle(tmp_path / "HOME" / "checkout" / "dist" / "hearsay")
    target, _ = exported(project, tmp_path, "", 'sidecar/command="~/checkout"')
    assert is_whole(target / "hearsay")


def test_one_without_a_sidecar_is_exported_with_a_word(project: Path, tmp_path: Path) -> None:
    folder = bundle(tmp_path / "made" / "of_another_name")
    target, said = exported(project, tmp_path, f'hearsay/sidecar="{folder}"\n')
    assert "Run `make bundle`" in said
    assert not (target / "hearsay").exists()


def test_one_that_speaks_with_a_sidecar_elsewhere_needs_none(project: Path, tmp_path: Path) -> None:
    bundle(tmp_path / "checkout" / "dist" / "hearsay")
    setting = f'sidecar/command="{tmp_path}/checkout"\nconnection/url="http://127.0.0.1:1"'
    target, said = exported(project, tmp_path, "", setting)
    assert "no sidecar" not in said
    assert not (target / "hearsay").exists()


def test_systems_without_programs_have_presets_that_may_reach_a_sidecar_elsewhere() -> None:
    presets = (ROOT / "plugins" / "godot" / "export_presets.cfg").read_text("utf-8")
    assert {"Web", "Android"} < set(PRESETS)
    assert "permissions/internet=true" in presets
