"""`hearsay demo`: it plays to its end, with and without a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.cli.client import Reply
from bridge.cli.demo import PLAYER_LINES, figures, is_untrained
from bridge.models.gguf import read_head
from tests.gateway.children import hearsay
from tests.models.ggufs import write_gguf

if os.name == "posix":
    from tests.cli.terminal import terminal


def test_the_demo_plays_without_a_terminal(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "demo")
    assert ended.returncode == 0, ended.stderr
    assert "\x1b" not in ended.stdout
    for line in PLAYER_LINES:
        assert f"Player: {line}" in ended.stdout
    assert ended.stdout.count("Boris: ") == len(PLAYER_LINES)
    assert "tokens/s, first token after" in ended.stdout.splitlines()[-1]


def test_the_demo_streams_the_embedded_model(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "demo", HEARSAY_BACKEND="llama")
    assert ended.returncode == 0, ended.stderr
    assert "The embedded model is tiny" in ended.stdout
    assert "tokens/s" in ended.stdout.splitlines()[-1]


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_the_demo_has_colours_on_a_terminal(tmp_path: Path) -> None:
    with terminal(tmp_path, "demo") as screen:
        screen.wait_for("tokens/s")
        assert screen.end() == 0
    assert "\x1b[1;36mPlayer: " in screen.seen


def test_a_model_that_cannot_be_loaded_ends_the_demo_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "broken.gguf"
    path.write_bytes(b"GGUF")
    ended = hearsay(tmp_path, "demo", "--model", str(path), HEARSAY_BACKEND="llama")
    assert ended.returncode == 1
    assert f"{path} is not a usable GGUF file" in ended.stderr


def test_a_model_that_the_worker_refuses_ends_the_demo_too(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "hollow.gguf")  # A good head, and no layers.
    ended = hearsay(tmp_path, "demo", "--model", str(path), HEARSAY_BACKEND="llama")
    assert ended.returncode == 1
    assert "The model cannot be loaded; the log says why" in ended.stderr


def test_only_a_file_that_says_so_is_untrained(tmp_path: Path) -> None:
    assert is_untrained(read_head(write_gguf(tmp_path / "a.gguf", hearsay__trained=False)))
    assert not is_untrained(read_head(write_gguf(tmp_path / "b.gguf", hearsay__trained=True)))
    assert not is_untrained(read_head(write_gguf(tmp_path / "c.gguf")))


def test_the_figures_leave_out_the_wait_for_the_first_token() -> None:
    class Timed(Reply):
        def __init__(self, tokens: int, first: float, writing: float) -> None:
            self.tokens = tokens
            self._asked_at = 0.0
            self._first_at = first
            self._ended_at = first + writing

    said = figures([Timed(11, 0.05, 0.1), Timed(21, 0.02, 0.1)])
    assert said == "32 tokens, 150 tokens/s, first token after 50 ms, then 20 ms at best"
    assert figures([]) == "0 tokens, no time at all, "
