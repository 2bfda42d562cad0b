"""Set-up: what is done is done once, and an interruption loses nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import run
from tools.setup import choice, environment, llama, prepare, record
from tools.setup.choice import Choice, choose
from tools.setup.failure import SetupFailed
from tools.setup.identity import Identity, read_source
from tools.setup.places import ROOT, venv_python

ALL = ["environment", "packages", "project", "llama"]


class Installer:
    """Stands for pip: it notes what it was asked to install."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, venv: Path) -> None:
        self.done: list[str] = []
        self.venv = venv
        monkeypatch.setattr(prepare, "VENV", venv)
        monkeypatch.setattr(prepare, "compiler_version", lambda: "g++ 12.2.0")
        monkeypatch.setattr(environment, "make_environment", self._make)
        monkeypatch.setattr(environment, "install_packages", self._packages)
        monkeypatch.setattr(environment, "install_project", lambda: self.done.append("project"))
        monkeypatch.setattr(environment, "install_wheel", self._wheel)
        monkeypatch.setattr(llama, "cached_wheel", lambda _identity: None)
        monkeypatch.setattr(llama, "build_wheel", lambda identity: Path(identity.name))

    def _make(self, *, moved: bool) -> None:
        python = venv_python(self.venv)
        if moved or not python.exists():
            shutil.rmtree(self.venv, ignore_errors=True)
            python.parent.mkdir(parents=True)
            python.touch()
            self.done.append("environment")

    def _packages(self, *, developer: bool) -> None:
        self.done.append("developer's packages" if developer else "packages")

    def _wheel(self, wheel: Path) -> None:
        self.done.append(f"llama {wheel.name}")


@pytest.fixture
def installer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installer:
    return Installer(monkeypatch, tmp_path / ".venv")


class TestPrepare:
    def test_a_second_run_has_nothing_to_do(self, installer: Installer) -> None:
        assert prepare.prepare(Choice(), developer=False)
        assert [step.split()[0] for step in installer.done] == ALL
        installer.done.clear()
        assert not prepare.prepare(Choice(), developer=False)
        assert installer.done == []

    def test_a_change_that_fails_is_not_taken_for_what_was_there(
        self, installer: Installer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepare.prepare(Choice(), developer=False)

        def fails(wheel: Path) -> None:
            installer.done.append(f"llama {wheel.name}")
            raise SetupFailed("it does not start")

        with monkeypatch.context() as patched:
            patched.setattr(environment, "install_wheel", fails)
            with pytest.raises(SetupFailed):
                prepare.prepare(Choice(extra="-DX=1"), developer=False)
        installer.done.clear()
        assert prepare.prepare(Choice(), developer=False), "the other build is still there"
        assert [step.split()[0] for step in installer.done] == ["llama"]

    def test_other_flags_build_llama_again_and_nothing_else(self, installer: Installer) -> None:
        prepare.prepare(Choice(), developer=False)
        first = installer.done.pop()
        installer.done.clear()
        prepare.prepare(Choice("native"), developer=False)
        assert len(installer.done) == 1
        assert installer.done[0].startswith("llama ")
        assert installer.done[0] != first

    def test_a_developers_packages_stay(self, installer: Installer) -> None:
        prepare.prepare(Choice(), developer=True)
        installer.done.clear()
        assert not prepare.prepare(Choice(), developer=False)
        assert installer.done == []

    def test_an_interrupted_run_goes_on_where_it_was(
        self, installer: Installer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(_identity: Identity) -> Path:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr(llama, "build_wheel", interrupt)
            with pytest.raises(KeyboardInterrupt):
                prepare.prepare(Choice(), developer=False)
        installer.done.clear()
        prepare.prepare(Choice(), developer=False)
        assert [step.split()[0] for step in installer.done] == ["llama"]

    def test_an_environment_whose_python_is_gone_is_filled_anew(
        self, installer: Installer, tmp_path: Path
    ) -> None:
        prepare.prepare(Choice(), developer=False)
        installer.done.clear()
        venv_python(tmp_path / ".venv").unlink()
        assert prepare.prepare(Choice(), developer=False)
        assert [step.split()[0] for step in installer.done] == ALL

    def test_an_environment_that_was_moved_is_made_anew(
        self, installer: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepare.prepare(Choice(), developer=False)
        installer.done.clear()
        installer.venv = (tmp_path / ".venv").rename(tmp_path / "elsewhere")
        monkeypatch.setattr(prepare, "VENV", installer.venv)
        assert prepare.prepare(Choice(), developer=False)
        assert [step.split()[0] for step in installer.done] == ALL
        assert not prepare.prepare(Choice(), developer=False)

    def test_a_choice_outlives_a_move_that_is_interrupted(
        self, installer: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        prepare.prepare(Choice("native"), developer=False)
        installer.venv = (tmp_path / ".venv").rename(tmp_path / "elsewhere")
        monkeypatch.setattr(prepare, "VENV", installer.venv)

        def interrupt(*, developer: bool) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as broken:
            broken.setattr(environment, "install_packages", interrupt)
            with pytest.raises(KeyboardInterrupt):
                prepare.prepare(Choice("native"), developer=False)
        assert record.load(installer.venv).choice == Choice("native")

    def test_a_wheel_that_has_gone_is_missed_before_anything_is_deleted(
        self, installer: Installer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wheel = tmp_path / "own.whl"
        wheel.write_bytes(b"wheel")
        own = Choice(wheel=str(wheel))
        prepare.prepare(own, developer=False)
        wheel.unlink()
        installer.venv = (tmp_path / ".venv").rename(tmp_path / "elsewhere")
        monkeypatch.setattr(prepare, "VENV", installer.venv)
        installer.done.clear()
        with pytest.raises(SetupFailed, match="There is no wheel at"):
            prepare.prepare(own, developer=False)
        assert installer.done == []
        assert record.load(installer.venv).choice == own

    def test_another_python_below_an_environment_is_looked_at_once(
        self, installer: Installer, tmp_path: Path
    ) -> None:
        prepare.prepare(Choice(), developer=False)
        installer.done.clear()
        python = venv_python(installer.venv)
        python.replace(tmp_path / "python3.99")
        python.symlink_to(tmp_path / "python3.99")
        assert prepare.prepare(Choice(), developer=False)
        assert not prepare.prepare(Choice(), developer=False)
        assert installer.done == []  # What works with it stays.

    def test_a_toolkit_is_needed_only_to_build(
        self, installer: Installer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(choice, "missing_cuda", lambda: None)
        prepare.prepare(Choice("cuda"), developer=False)
        monkeypatch.setattr(choice, "missing_cuda", lambda: "It is gone")
        assert not prepare.prepare(Choice("cuda"), developer=False)
        installer.done.clear()
        with pytest.raises(SetupFailed, match="It is gone"):
            prepare.prepare(Choice("cuda", "-DX=1"), developer=False)
        assert installer.done == []
        wheel = Path("built before.whl")
        monkeypatch.setattr(llama, "cached_wheel", lambda _identity: wheel)
        assert prepare.prepare(Choice("cuda", "-DX=1"), developer=False)

    def test_a_wheel_of_ones_own_is_installed_and_remembered(
        self, installer: Installer, tmp_path: Path
    ) -> None:
        wheel = tmp_path / "own.whl"
        wheel.write_bytes(b"wheel")
        own = choose(None, None, str(wheel), None)
        prepare.prepare(own, developer=False)
        assert installer.done[-1] == "llama own.whl"
        wheel.unlink()
        assert not prepare.prepare(own, developer=False)

    def test_a_wheel_that_is_not_there_is_an_error(
        self, installer: Installer, tmp_path: Path
    ) -> None:
        with pytest.raises(SetupFailed, match="There is no wheel at"):
            prepare.prepare(choose(None, None, str(tmp_path / "no.whl"), None), developer=False)

    def test_a_record_that_cannot_be_read_counts_as_none(self, tmp_path: Path) -> None:
        for text in ("", "[]", "{}", '{"choice": 3}', '{"choice": null, "color": 1}'):
            (tmp_path / "hearsay-setup.json").write_text(text, encoding="utf-8")
            assert record.load(tmp_path) == record.Record()

    def test_a_record_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        written = record.Record("packages", "project", "llama", True, Choice("cuda", "-DA=B"))
        record.save(tmp_path, written)
        assert record.load(tmp_path) == written
        assert json.loads((tmp_path / "hearsay-setup.json").read_text("utf-8"))


def test_setup_names_its_switches() -> None:
    command = [sys.executable, "-m", "tools.setup", "--help"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for switch in ("--accelerator", "--flags", "--wheel"):
        assert switch in shown.stdout


def test_an_accelerator_that_does_not_exist_ends_setup_in_one_sentence() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "tools", "setup"],
        cwd=ROOT,
        env={**os.environ, "HEARSAY_ACCELERATOR": "quantum"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert shown.returncode == 1
    assert "No accelerator is called 'quantum'" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_source_that_was_cut_short_is_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = tmp_path / f"llama_cpp_python-{read_source().version}.tar.gz"
    archive.write_bytes(b"half")

    def download(_what: str, _command: object, _log: Path, **_told: object) -> None:
        assert not archive.exists()
        archive.write_bytes(b"whole")

    monkeypatch.setattr(llama, "SOURCES", tmp_path)
    monkeypatch.setattr(llama, "run_logged", download)
    assert llama.fetch_source().read_bytes() == b"whole"


def test_a_folder_that_cannot_be_written_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> bool:
        raise PermissionError(13, "Permission denied", "/opt/hearsay/.venv")

    monkeypatch.setattr(run, "prepare", refuse)
    assert run.run(["setup"]) == 1
    said = capsys.readouterr().err
    assert "Permission denied: /opt/hearsay/.venv" in said
    assert "clone elsewhere" in said
