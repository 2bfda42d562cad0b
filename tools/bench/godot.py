"""What the Godot addon takes of a game's frames, at 60 frames a second and headless."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.bench.figures import Figure, Goal, percentile
from tools.bench.places import CACHE, ROOT, BenchError
from tools.bench.servers import hearsay
from tools.godot.find import ADVICE, find_godot

SECONDS = 10
CHARACTERS_SECONDS = 30
"""Long enough that one frame in a thousand is two."""

VISITS = 1000
CHARACTERS_STEP_MS = 50.0
"""Thirty at 20 tokens a second each: three times as fast as people read."""

_PROJECT = CACHE / "godot"
_FAKE = {"HEARSAY_BACKEND": "fake"}


def godot_figures(*, visits: int = VISITS) -> Iterator[Figure]:
    """Measure the addon in a real Godot, with a double of the model behind a real gateway."""
    _make_project()
    options = ["--parallel", "32", "--ctx", "1000000", "--config", os.devnull]
    with hearsay(model=None, options=options, environment=_rate(10.0)) as server:
        url = server.target.url
        yield from _frames("empty scene", "empty", url)
        yield from _frames("a bare socket, idle", "bare idle", url)
        yield from _frames("the addon, idle", "idle", url, Goal(below=15))
        yield from _frames("a bare socket, JSON and a signal, 100 tokens/s", "bare stream", url)
        yield from _frames("the addon, 100 tokens/s", "stream", url, Goal(below=80))
        each = "the addon, 100 tokens/s, read in every frame"
        yield from _frames(each, "stream, every frame", url)
    with hearsay(model=None, options=options, environment=_rate(CHARACTERS_STEP_MS)) as server:
        url = server.target.url
        yield from _frames("30 characters, 600 tokens/s", "characters", url, Goal(below=500))
        left = _run("visits", url, visits, seconds=60 + visits // 2)["objects"]
        yield Figure(
            name=f"{visits} engines that come, stream and go",
            value=left,
            unit="objects left",
            goal=Goal(below=1),
        )
    yield Figure(
        name="from an engine's start to the first token, sidecar and embedded model cold",
        value=_run("cold", "", 0)["seconds"],
        unit="s",
        goal=Goal(below=3),
    )


def _frames(name: str, what: str, url: str, goal: Goal | None = None) -> Iterator[Figure]:
    seconds = CHARACTERS_SECONDS if what == "characters" else SECONDS
    taken = [float(each) for each in _run(what, url, seconds)["frames"]]
    highest = percentile(taken, 99.9)
    yield Figure(
        name=f"of a frame: {name}",
        value=sum(taken) / len(taken),
        unit="µs",
        goal=goal,
        spread=f"half within {percentile(taken, 50):.0f}, 99 % within "
        f"{percentile(taken, 99):.0f}, 99.9 % within {highest:.0f}, {len(taken)} frames",
    )
    if what == "characters":
        yield Figure(
            name=f"of a frame: {name}, 99.9 %",
            value=highest / 1000,
            unit="ms",
            goal=Goal(below=4),
        )


def _rate(step_ms: float) -> dict[str, str]:
    return {**_FAKE, "HEARSAY_FAKE_STEP_MS": str(step_ms)}


def _make_project() -> None:
    """Copy the addon into a project without autoload, and let Godot read it once."""
    shutil.rmtree(_PROJECT, ignore_errors=True)
    shutil.copytree(
        ROOT / "plugins" / "godot" / "addons" / "hearsay", _PROJECT / "addons" / "hearsay"
    )
    shutil.copytree(Path(__file__).parent / "game", _PROJECT / "bench")
    (_PROJECT / "project.godot").write_text("config_version=5\n", encoding="utf-8")
    _godot("--import", seconds=180)


def _run(
    what: str, url: str, amount: int, *, seconds: int = CHARACTERS_SECONDS + 60
) -> dict[str, Any]:
    words = ["--max-fps", "60", "--script", "res://bench/frames.gd", "--", what, url, str(amount)]
    said = _godot(*words, seconds=seconds)
    for line in said.splitlines():
        if line.startswith("{"):
            told: dict[str, Any] = json.loads(line)
            return told
    raise BenchError(f"Godot measured nothing; it said:\n{said}")


def _godot(*words: str, seconds: int) -> str:
    program = find_godot()
    if program is None:
        raise BenchError(ADVICE)
    folder = Path(sys.executable).parent  # The addon finds this Hearsay on PATH.
    environment = {
        **os.environ,
        "HOME": str(_PROJECT),
        "PATH": os.pathsep.join([str(folder), os.environ["PATH"]]),
    }
    command = [
        str(program),
        "--headless",
        "--path",
        str(_PROJECT),
        "--audio-driver",
        "Dummy",
        *words,
    ]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        raise BenchError(
            f"Godot was not done after {seconds} s; it said:\n{late.stdout!r}"
        ) from late
    return done.stdout
