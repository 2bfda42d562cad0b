"""The Godot project in a real, headless Godot: a copy of it, and processes that play it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tests.gateway.children import PATIENCE_SECONDS, ROOT, environment
from tools.godot.find import find_godot

GODOT = str(find_godot() or "")
IMPORT_SECONDS = 120
PLAY_SECONDS = 60

Event = dict[str, object]


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


def play_environment(home: Path, **settings: str) -> dict[str, str]:
    """Return an environment of its own, in which this Hearsay is on the PATH."""
    own = environment(home, **settings)
    return {**own, "PATH": os.pathsep.join([str(Path(sys.executable).parent), own["PATH"]])}


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


def events(said: str) -> list[Event]:
    """Return the lines that are JSON objects."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


class Game:
    """A Godot that runs, tells events as lines of JSON and is told what to do as lines."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, kind: str, seconds: float = PATIENCE_SECONDS) -> Event:
        """Return the next event of this kind; others before it are left out."""
        end = time.monotonic() + seconds
        while True:
            try:
                event = self._events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                event = None
            assert event, f"waited for {kind!r}; Godot said:\n" + "".join(self.said)
            if event["event"] == kind:
                return event

    def tell(self, line: str) -> None:
        """Give an order."""
        stdin = cast(IO[str], self.process.stdin)
        stdin.write(line + "\n")
        stdin.flush()

    def quit(self) -> None:
        """Let it end as a player would; fails when that takes too long or goes wrong."""
        self.tell("quit")
        assert self.process.wait(PATIENCE_SECONDS) == 0, "".join(self.said)

    def _read(self) -> None:
        for line in cast(IO[str], self.process.stdout):
            self.said.append(line)
            if line.startswith("{"):
                self._events.put(json.loads(line))
        self._events.put(None)


@contextmanager
def running(
    project: Path, home: Path, script: str, words: Sequence[str] = (), **settings: str
) -> Iterator[Game]:
    """Run a script of `res://tests`; it is killed at the end if it still runs."""
    process = subprocess.Popen(
        command(project, "--script", f"res://tests/{script}", "--", *words),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=play_environment(home, **settings),
    )
    with process:
        try:
            yield Game(process)
        finally:
            process.kill()
