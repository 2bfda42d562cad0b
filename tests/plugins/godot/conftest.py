"""A copy of the Godot project that all tests of the addon play."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.plugins.godot.project import GODOT, copy_project
from tools.godot.find import ADVICE


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's folder; skips where there is no Godot."""
    if not GODOT:
        pytest.skip(ADVICE)
    return copy_project(tmp_path_factory.mktemp("godot"))


@pytest.fixture(scope="session")
def bare_project(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project without its autoload, so that only what a test starts is there."""
    bare = tmp_path_factory.mktemp("bare") / "game"
    shutil.copytree(project, bare)
    settings = bare / "project.godot"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("Hearsay=")))
    return bare
