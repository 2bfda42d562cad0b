"""What runs this Hearsay, from a checkout and from within a game that is one program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bridge.client.errors import ConnectionLostError
from bridge.client.launch import Sidecar
from bridge.processes import own_words


def test_python_runs_it() -> None:
    assert own_words() == [sys.executable, "-m", "bridge"]


@pytest.fixture
def game(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A game that PyInstaller made."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "game"))
    return tmp_path


def test_a_game_that_is_one_program_never_starts_itself(game: Path) -> None:
    with pytest.raises(ConnectionLostError, match="make bundle"):
        Sidecar.start()
    sidecar = game / "hearsay" / "hearsay"
    sidecar.parent.mkdir()
    sidecar.touch()
    assert own_words() == [str(sidecar)]


def test_the_sidecar_itself_is_its_own_python(game: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(game / "hearsay"))
    assert own_words() == [str(game / "hearsay"), "-m", "bridge"]
