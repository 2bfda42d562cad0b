"""The addon in a real editor: what enabling and disabling it leave in the project."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.gateway.children import gone, wait_until
from tests.plugins.game import events
from tests.plugins.godot.project import play

PLUGINS = '"res://addons/hearsay/plugin.cfg", "res://addons/switcher/plugin.cfg"'
HELPER = Path(__file__).parent / "game" / "editor"


@pytest.fixture(scope="module")
def states(bare_project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The project file as the editor saved it: before, enabled, disabled; and what it said."""
    folder = tmp_path_factory.mktemp("editor")
    project = folder / "game"
    shutil.copytree(bare_project, project)
    shutil.copytree(HELPER, project / "addons" / "switcher")
    settings = project / "project.godot"
    settings.write_text(
        settings.read_text().replace("addons/hearsay/plugin", "addons/switcher/plugin")
    )
    with settings.open("a") as more:  # What the editor plays has no screen either.
        more.write('\n[editor]\n\nrun/main_run_args="--headless --audio-driver Dummy"\n')
    said = play(project, folder, "--editor")
    names = ("before", "enabled", "disabled")
    return {"said": said, **{name: (project / f"{name}.txt").read_text() for name in names}}


def test_nothing_is_wrong_in_the_editor(states: dict[str, str]) -> None:
    assert "ERROR" not in states["said"], states["said"]
    assert "WARNING" not in states["said"], states["said"]


def test_enabling_adds_the_autoload_and_nothing_else(states: dict[str, str]) -> None:
    new = sorted(set(states["enabled"].splitlines()) - set(states["before"].splitlines()))
    assert new[1:] == [
        "[autoload]",
        f"enabled=PackedStringArray({PLUGINS})",
    ]
    # Newer editors write an id where older ones write the path.
    assert re.fullmatch(r'Hearsay="\*(uid://\w+|res://addons/hearsay/engine.gd)"', new[0])


def test_disabling_leaves_the_project_as_it_was(states: dict[str, str]) -> None:
    assert states["disabled"] == states["before"]


@pytest.mark.parametrize("whose", ["dock", "game"])
def test_stop_in_the_editor_is_the_end_of_the_sidecar(states: dict[str, str], whose: str) -> None:
    told = {event["of"]: event for event in events(states["said"]) if event["event"] == "sidecar"}
    if whose == "game" and "game" not in told:
        pytest.skip("This Godot runs inside a loader, so that its editor cannot play a game")
    pid = int(float(str(told[whose]["pid"])))
    wait_until(lambda: gone(pid), "the sidecar's end", 5)


def test_the_dock_tries_a_persona_and_its_settings_are_in_the_dialog(
    states: dict[str, str],
) -> None:
    assert '"reply":"' in states["said"]
    assert "setting hearsay/sidecar/models is there: true" in states["said"]
