"""`HearsayEngine` in a real Godot, with a real sidecar and the embedded model."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest

from tests.plugins.game import events
from tests.plugins.godot.project import play, running

GAME = Path(__file__).parent / "game"
SCRIPTS = ("engine_cases.gd", "engine_errands.gd")
CASES = [
    case
    for script in SCRIPTS
    for case in re.findall(r"(?m)^func (test_\w+)", (GAME / script).read_text("utf-8"))
]


@pytest.fixture(scope="module")
def said(sidecar: str, bare_project: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What Godot said while it ran all cases."""
    words = ["--verbose", "--max-fps", "60", "--script", "res://tests/suite.gd", "--", sidecar]
    home = tmp_path_factory.mktemp("home")
    return play(bare_project, home, *words, *(f"res://tests/{script}" for script in SCRIPTS))


@pytest.mark.parametrize("case", CASES)
def test_a_case_holds(said: str, case: str) -> None:
    faults = {event["name"]: event["faults"] for event in events(said)}
    assert faults.get(case) == [], faults.get(case, said)


def test_nothing_is_left_behind_and_nothing_went_wrong_inside_godot(said: str) -> None:
    for word in ("SCRIPT ERROR", "Leaked instance", "still in use", "were leaked"):
        assert word not in said, said


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such signal")
def test_a_sidecar_that_is_killed_ends_jobs_once_and_its_successor_serves_the_next(
    bare_project: Path, tmp_path: Path
) -> None:
    with running(bare_project, tmp_path, "engine_life.gd", HEARSAY_FAKE_STEP_MS="5") as game:
        pid = int(str(game.wait("connected")["pid"]))
        game.tell("5000")
        game.wait("token")
        os.kill(pid, signal.SIGKILL)
        assert game.wait("failed") == {"event": "failed", "job": 1, "code": "connection_lost"}
        game.tell("8")
        assert int(str(game.wait("connected")["pid"])) != pid
        assert game.wait("completed")["job"] == 2
        game.tell("rest")
        os.kill(int(str(game.wait("resting")["pid"])), signal.SIGKILL)
        assert game.wait("disconnected")
        assert int(str(game.wait("connected")["pid"])) != pid
        game.quit()
    ends = [line for line in game.said if '"failed"' in line or '"completed"' in line]
    assert len(ends) == 2, ends
    assert "SCRIPT ERROR" not in "".join(game.said)


@pytest.mark.parametrize("games", [2, pytest.param(50, marks=pytest.mark.slow)])
def test_games_come_and_go_and_leave_nothing(
    sidecar: str, bare_project: Path, tmp_path: Path, games: int
) -> None:
    for _ in range(games):
        words = ["--verbose", "--script", "res://tests/visit.gd", "--", sidecar]
        said = play(bare_project, tmp_path, *words)
        assert events(said)[-1]["event"] == "token"
        for word in ("SCRIPT ERROR", "Leaked instance", "still in use", "were leaked"):
            assert word not in said, said
