"""The wheel and the source archive hold what they must, and the wheel runs."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from bridge import __version__
from tools.setup.places import ROOT, venv_python

STEM = f"hearsay_bridge-{__version__}"


def build(folder: Path, kind: str, into: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(into), "-t", kind]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sdist")
    build(ROOT, "sdist", folder)
    return folder / f"{STEM}.tar.gz"


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as it comes out of the source archive, so that both are seen to be whole."""
    folder = tmp_path_factory.mktemp("wheel")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    build(folder / STEM, "wheel", folder)
    return folder / f"{STEM}-py3-none-any.whl"


def test_the_source_archive_holds_the_tree_and_nothing_that_was_built(sdist: Path) -> None:
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for name in ("bridge/cli/app.py", "tools/tasks.py", "requirements/dev.txt", "Makefile"):
        assert name in names
    assert not [name for name in names if name.startswith((".venv", ".cache", "dist", "build/"))]
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_holds_the_sidecar_its_model_and_its_license(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = archive.read(f"{STEM}.dist-info/entry_points.txt").decode()
    assert {"bridge/cli/app.py", "bridge/models/data/tavern.gguf", "bridge/py.typed"} <= names
    assert f"{STEM}.dist-info/licenses/LICENSE" in names
    assert {name.split("/")[0] for name in names} == {"bridge", f"{STEM}.dist-info"}
    assert "hearsay = bridge.cli:main" in entry_points


def test_the_wheel_runs_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv")
    python = venv_python(tmp_path / "venv")
    pip("--python", str(python), "install", "--no-index", "--no-deps", str(wheel))
    lend_dependencies(python)
    assert run(python.with_name("hearsay"), "version") == f"hearsay {__version__}"
    assert "in-memory::hearsay/tavern" in run(python.with_name("hearsay"), "models")
    assert str(tmp_path) in run(python, "-c", "import bridge; print(bridge.__file__)")
    pip("--python", str(python), "check")


def pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def lend_dependencies(python: Path) -> None:
    """Show the new environment the packages of this one, so that no registry is needed."""
    shown = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
    Path(shown, "lent.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")


def run(program: Path, *arguments: str) -> str:
    command = [str(program), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=program.parent)
    return done.stdout.strip()
