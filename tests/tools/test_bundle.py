"""The sidecar that players get: it needs no Python of theirs, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import psutil
import pytest

from bridge import __version__
from tests.gateway import children
from tests.gateway.children import gone, running, wait_until
from tools.bundle.__main__ import ENTRY, TARGET, bundle
from tools.bundle.licenses import of_packages, of_system
from tools.setup.failure import SetupFailed
from tools.setup.places import ROOT


def entry(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ENTRY), *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_program_is_the_command_line_and_what_it_starts_of_itself() -> None:
    version = f"hearsay {__version__}\n"
    assert entry("version").stdout == version
    assert entry("-m", "bridge", "version").stdout == version
    assert entry("-m", "json.tool").returncode == 2  # No module but Hearsay's own.


def test_the_licences_of_packages_are_collected(tmp_path: Path) -> None:
    of_packages(tmp_path)
    [numpy] = (tmp_path / "numpy").glob("*.dist-info/licenses/LICENSE.txt")
    assert "NumPy Developers" in numpy.read_text(encoding="utf-8")
    assert "PYTHON SOFTWARE FOUNDATION" in (tmp_path / "python" / "LICENSE.txt").read_text("utf-8")


def test_a_library_whose_licence_is_not_known_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "libnobody-knows.so.1").touch()
    (tmp_path / "libpython3.11.so").touch()
    of_system(tmp_path, tmp_path / "licenses")
    assert capsys.readouterr().err == "Look for the licences of: libnobody-knows.so.1\n"


def test_a_folder_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("a letter")
    (tmp_path / "_internal").mkdir()  # As every program has that PyInstaller made.
    with pytest.raises(SetupFailed, match="is no sidecar"):
        bundle(tmp_path)
    assert (tmp_path / "mine").exists()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of a sidecar that was made here and carried elsewhere."""
    if not TARGET.is_dir():
        pytest.skip("there is no sidecar for players; run: make bundle")
    folder = tmp_path_factory.mktemp("a player's game") / "hearsay"
    shutil.copytree(TARGET, folder, symlinks=True)
    return folder / ("hearsay.exe" if os.name == "nt" else "hearsay")


def bare(home: Path) -> dict[str, str]:
    """A player's environment: no Python on the PATH, nothing of ours."""
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP") if name in os.environ}
    return {**kept, "HOME": str(home), "LOCALAPPDATA": str(home), "PATH": ""}


def test_players_need_nothing_else(program: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [program, "demo"],
        env=bare(tmp_path),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.count("Boris: ") == 3
    assert (program.parent / "licenses" / "llama.cpp" / "LICENSE").is_file()
    assert (program.parent / "licenses" / "python" / "LICENSE.txt").is_file()
    assert not list(program.parent.rglob("libreadline*"))


@pytest.mark.parametrize("end", ["its game", "itself"])
def test_it_leaves_nothing_behind(program: Path, tmp_path: Path, end: str) -> None:
    process = subprocess.Popen(
        [program, "serve", "--sidecar"],
        env=bare(tmp_path),
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        assert process.stdout
        assert process.stdin
        found = running(process, process.stdout.readline())
        health = f"{found.url}/health"
        wait_until(lambda: httpx.get(health).status_code == 200, "the model to be loaded", 60)
        family = [found.pid, *(one.pid for one in psutil.Process(found.pid).children(True))]
        assert len(family) > 1
        if end == "itself":
            psutil.Process(found.pid).kill()
        else:
            process.stdin.close()
        wait_until(lambda: gone(*family), "the sidecar and its worker to end")


def test_what_was_bundled_is_this_hearsay(program: Path, tmp_path: Path) -> None:
    told = subprocess.run(
        [program, "version"], env=bare(tmp_path), capture_output=True, text=True, check=True
    )
    assert told.stdout == f"hearsay {__version__}\n"
    model = program.parent / "_internal" / "bridge" / "models" / "data" / "tavern.gguf"
    assert (
        model.read_bytes()
        == (children.ROOT / "bridge" / "models" / "data" / "tavern.gguf").read_bytes()
    )
