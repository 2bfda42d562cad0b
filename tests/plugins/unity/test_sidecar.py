"""The life of a sidecar that a game of the Unity package has started."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from tests.gateway.children import gone, wait_until
from tests.plugins.game import Event, run
from tests.plugins.unity.project import build_program, command

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")

PROGRAM = str(Path(sys.executable).with_name("hearsay"))


@pytest.fixture(scope="module")
def life(stub: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The game."""
    return build_program(tmp_path_factory.mktemp("life"), stub, "Life.cs")


def family(connected: Event) -> tuple[int, int]:
    """Return the ids of a sidecar and of its worker."""
    sidecar = psutil.Process(int(str(connected["it"])))
    wait_until(lambda: bool(sidecar.children()), "a worker")
    return sidecar.pid, sidecar.children()[0].pid


@pytest.mark.parametrize("how", ["quit", "kill", "off"])
def test_the_end_of_the_game_is_the_end_of_its_sidecar(
    life: Path, tmp_path: Path, how: str
) -> None:
    with run(command(life, PROGRAM), tmp_path) as game:
        pids = family(game.wait("connected"))
        game.tell("900")
        game.wait("token")
        if how == "kill":
            game.process.kill()
        else:
            game.tell(how)
        wait_until(lambda: gone(*pids), "the sidecar's end", 5)
        if how == "off":
            assert "connection_lost" in str(game.wait("failed")["it"])
            game.tell("on")
            game.wait("connected")
            game.tell("8")
            game.wait("completed")
            game.quit()


def test_a_sidecar_that_is_killed_ends_jobs_once_and_its_successor_serves_the_next(
    life: Path, tmp_path: Path
) -> None:
    with run(command(life, PROGRAM), tmp_path, HEARSAY_FAKE_STEP_MS="5") as game:
        pid = int(str(game.wait("connected")["it"]))
        game.tell("5000")
        game.wait("token")
        os.kill(pid, signal.SIGKILL)
        assert "connection_lost" in str(game.wait("failed")["it"])
        game.tell("8")
        assert int(str(game.wait("connected")["it"])) != pid
        game.wait("completed")
        game.quit()
    ends = [line for line in game.said if '"failed"' in line or '"completed"' in line]
    assert len(ends) == 2, ends


def script(folder: Path, text: str) -> str:
    """Return a program that plays a bad sidecar."""
    path = folder / "sidecar"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it said nothing"),
        ("echo 'hearsay: The model is bad.' >&2; exit 1", "The model is bad."),
        ("echo nonsense", "it said: nonsense"),
        ("echo '/x/python: No module named bridge' >&2; exit 1", "this Python has no Hearsay"),
        (None, "There is no program /no/such/program. Run `make setup`"),
    ],
)
def test_a_sidecar_that_cannot_be_had_is_an_error_that_says_why(
    life: Path, tmp_path: Path, text: str | None, message: str
) -> None:
    program = "/no/such/program" if text is None else script(tmp_path, text)
    with run(command(life, program), tmp_path) as game:
        game.tell("8")
        assert message in str(game.wait("failed")["it"])
        game.quit()


def test_words_reach_the_sidecar_as_they_are(life: Path, tmp_path: Path) -> None:
    words = 'a "quoted" word, a \\ and a trailing \\'
    said = tmp_path / "said"
    program = script(tmp_path, f'printf "%s|" "$@" > "{said}"')
    with run(command(life, program, words), tmp_path) as game:
        game.wait("disconnected")
        game.quit()
    assert said.read_text() == f"serve|--sidecar|{words}|"
