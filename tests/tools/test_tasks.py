"""The tasks of `python -m tools`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools import run, tasks
from tools.setup.places import ROOT
from tools.tasks import TASKS


@pytest.fixture
def unprepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Set-up is not run; the list says what it would have been run for."""
    asked: list[str] = []
    monkeypatch.setattr(run, "prepare", lambda _choice, developer: asked.append(str(developer)))
    return asked


def test_help_lists_every_task(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.run(["help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in TASKS)


def test_a_misspelled_switch_is_refused_before_anything_is_built(
    unprepared: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        run.run(["setup", "--acelerator", "cuda"])
    assert unprepared == []
    assert "setup knows no --acelerator cuda" in capsys.readouterr().err


def test_an_unknown_task_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run.run(["dance"])
    assert "invalid choice: 'dance'" in capsys.readouterr().err


def test_a_task_gets_the_arguments_that_are_not_set_ups(
    unprepared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands: list[list[str]] = []
    monkeypatch.setattr(tasks, "_become", commands.append)
    run.run(["test", "-k", "words", "--accelerator", "cpu"])
    assert commands[0][1:] == ["-m", "pytest", "-k", "words"]
    assert unprepared == ["True"]


def test_every_linter_runs_even_when_one_fails(
    unprepared: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ran: list[str] = []

    def passes(linter: list[str]) -> bool:
        ran.append(linter[0])
        return linter[0] != "mypy"

    monkeypatch.setattr(tasks, "_passes", passes)
    assert run.run(["lint"]) == 1
    assert ran == ["ruff", "ruff", "mypy", "lint-imports", "python", "gdformat", "gdlint"]
    assert "Failed: mypy" in capsys.readouterr().out


@pytest.mark.parametrize("everything", [False, True])
def test_clean_keeps_the_environment_unless_told(
    everything: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "ROOT", tmp_path)
    for name in ("dist", ".cache", ".venv", "bridge"):
        (tmp_path / name).mkdir()
    assert run.run(["clean", *(["--all"] if everything else [])]) == 0
    left = {path.name for path in tmp_path.iterdir()}
    assert left == ({"bridge"} if everything else {"bridge", ".cache", ".venv"})


def test_the_builds_switch_does_not_reach_the_program() -> None:
    shown = "import os; print(sorted(key for key in os.environ if key.startswith('HEARSAY_A')))"
    script = f"import sys, tools.tasks as t; sys.exit(t._become([sys.executable, '-c', {shown!r}]))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "HEARSAY_ACCELERATOR": "cuda"},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "[]"
