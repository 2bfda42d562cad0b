"""The life of a sidecar that a real Godot has started: it ends with the game, however that ends."""

from __future__ import annotations

import os
import signal
import stat
from pathlib import Path

import httpx
import psutil
import pytest

from tests.gateway.children import gone, wait_until
from tests.plugins.game import Event, Game, events
from tests.plugins.godot.project import play, running

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")

SCRIPT = "sidecar_life.gd"


def family(ready: Event) -> tuple[int, int]:
    """Return the ids of a sidecar and of its worker."""
    sidecar = psutil.Process(int(str(ready["pid"])))
    wait_until(lambda: bool(sidecar.children()), "a worker")
    return sidecar.pid, sidecar.children()[0].pid


def answers(ready: Event) -> bool:
    """Return whether the sidecar lets one in with the token that the game was told."""
    token = {"Authorization": f"Bearer {ready['token']}"}
    return httpx.get(f"{ready['url']}/v1/models", headers=token).status_code == 200


def leave(game: Game, how: str) -> None:
    """End a game."""
    if how == "quit":
        game.quit()
    elif how == "kill":
        game.process.kill()
        game.process.wait()
    else:
        game.tell("crash")
        game.process.wait()
        assert game.process.returncode != 0


@pytest.mark.parametrize("how", ["quit", "kill", "crash"])
def test_the_end_of_the_game_is_the_end_of_its_sidecar(
    bare_project: Path, tmp_path: Path, how: str
) -> None:
    with running(bare_project, tmp_path, SCRIPT) as game:
        ready = game.wait("ready")
        assert answers(ready)
        pids = family(ready)
        leave(game, how)
        wait_until(lambda: gone(*pids), "the sidecar's end", 5)
        assert not Path(str(ready["file"])).exists()


@posix
def test_a_killed_sidecar_is_started_again(bare_project: Path, tmp_path: Path) -> None:
    with running(bare_project, tmp_path, SCRIPT) as game:
        first = game.wait("ready")
        os.kill(int(str(first["pid"])), signal.SIGKILL)
        game.wait("exited")
        second = game.wait("ready")
        assert second["pid"] != first["pid"]
        assert answers(second)
        game.tell("stop")
        wait_until(lambda: gone(int(str(second["pid"]))), "the sidecar's end", 5)
        game.tell("start")
        assert answers(game.wait("ready"))


@posix
def test_two_games_share_one_sidecar_and_the_last_one_ends_it(
    bare_project: Path, tmp_path: Path
) -> None:
    settings = {"HEARSAY_LEASE_SECONDS": "1"}
    with running(bare_project, tmp_path, SCRIPT, **settings) as first:
        mine = first.wait("ready")
        assert stat.S_IMODE(Path(str(mine["file"])).stat().st_mode) == 0o600
        with running(bare_project, tmp_path, SCRIPT, **settings) as second:
            shared = second.wait("ready")
            assert shared == {**mine, "shared": True}
            os.kill(int(str(mine["pid"])), signal.SIGKILL)
            first.wait("exited")
            second.wait("exited")
            again = first.wait("ready")
            assert second.wait("ready")["pid"] == again["pid"] != mine["pid"]
            first.quit()
            assert answers(again)
            second.quit()
            pid = int(str(again["pid"]))
            wait_until(lambda: gone(pid), "the end of the lease", 5)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["/no/such/program"], "no program /no/such/program. Run `make setup`"),
        (["/bin/sh", "-c", "echo 'hearsay: The model is bad.' >&2; exit 1"], "The model is bad."),
        (["/bin/sh", "-c", "echo nonsense"], "it said: nonsense"),
        (["/bin/true"], "it said nothing"),
    ],
)
@posix
def test_a_sidecar_that_cannot_be_had_is_an_error_that_says_why(
    bare_project: Path, tmp_path: Path, words: list[str], message: str
) -> None:
    with running(bare_project, tmp_path, SCRIPT, words) as game:
        assert message in str(game.wait("failed")["message"])
        game.quit()


@posix
def test_the_program_may_be_named_by_its_folder(bare_project: Path, tmp_path: Path) -> None:
    said = play(bare_project, tmp_path, "--script", "res://tests/sidecar_program.gd")
    faults = {str(event["name"]): event["faults"] for event in events(said)}
    assert len(faults) == 8
    assert {name: found for name, found in faults.items() if found} == {}, said
