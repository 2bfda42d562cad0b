"""The Godot project in a real, headless Godot: a copy of it, and processes that play it."""

from __future__ import annotations

import shutil
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tests.gateway.children import ROOT
from tests.plugins.game import Game, play_environment, run
from tools.godot.find import find_godot

GODOT = str(find_godot() or "")
IMPORT_SECONDS = 120
PLAY_SECONDS = 60


def copy_project(folder: Path) -> Path:
    """Return a copy of the project with the tests' scripts in `res://tests`, imported."""
    project = folder / "game"
    unwanted = shutil.ignore_patterns(".godot")
    shutil.copytree(ROOT / "plugins" / "godot", project, ignore=unwanted)
    shutil.copytree(Path(__file__).parent / "game", project / "tests")
    said = play(project, folder, "--import", seconds=IMPORT_SECONDS)
    assert "ERROR" not in said, said
    return project


def command(project: Path, *arguments: str) -> list[str]:
    """Return the command that runs Godot on a project."""
    return [GODOT, "--headless", "--path", str(project), "--audio-driver", "Dummy", *arguments]


def play(
    project: Path, home: Path, *arguments: str, seconds: float = PLAY_SECONDS, **settings: str
) -> str:
    """Run Godot to its end and return what it said; fails when it does not end well."""
    process = subprocess.Popen(
        command(project, *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=play_environment(home, **settings),
    )
    watch = threading.Timer(seconds, process.kill)
    watch.start()
    said = ""
    with process:
        for line in cast(IO[str], process.stdout):
            said += line
            if line.startswith("SCRIPT ERROR"):
                process.kill()  # A script that failed at its start would run for ever.
    watch.cancel()
    assert process.returncode == 0, f"Godot ended with {process.returncode}:\n{said}"
    return said


@contextmanager
def running(
    project: Path, home: Path, script: str, words: Sequence[str] = (), **settings: str
) -> Iterator[Game]:
    """Run a script of `res://tests`; it is killed at the end if it still runs."""
    words = [*command(project, "--script", f"res://tests/{script}"), "--", *words]
    with run(words, home, **settings) as game:
        yield game
