"""`hearsay chat`, with a pipe and with a person at a terminal."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from tests.cli.scripted import delta, endless, scripted
from tests.gateway.children import PATIENCE_SECONDS, hearsay, sidecar, wait_until

if os.name == "posix":
    from tests.cli.terminal import CTRL_C, CTRL_D, terminal

posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


def test_lines_from_a_pipe_are_answered_in_turn(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "chat", given="Hello!\n\n/nonsense\n/reset\nAgain?\n")
    assert ended.returncode == 0, ended.stderr
    assert "There is no command /nonsense" in ended.stdout
    assert "The conversation is forgotten" in ended.stdout
    assert len(ended.stdout.splitlines()) >= 6
    assert "\x1b" not in ended.stdout


def test_quit_leaves_before_the_input_ends(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "chat", given="/help\n/quit\n/nonsense\n")
    assert ended.returncode == 0, ended.stderr
    assert "There is no command" not in ended.stdout


def test_a_running_server_can_be_joined_with_its_token(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with sidecar(tmp_path, "--token-file", str(file)) as one:
        one.wait_loaded()
        joined = hearsay(
            tmp_path, "chat", "--url", one.url, "--token-file", str(file), given="Hello!\n"
        )
        by_variable = hearsay(tmp_path, "chat", "--url", one.url, HEARSAY_TOKEN=one.token)
        stranger = hearsay(tmp_path, "chat", "--url", one.url, given="Hello!\n")
    assert joined.returncode == by_variable.returncode == 0, joined.stderr
    assert len(joined.stdout.splitlines()) == 2
    assert stranger.returncode == 1
    assert "wants a token; give its own with --token-file FILE" in stranger.stderr


def test_a_wrong_token_and_an_unknown_model_are_said_before_anything_is_asked(
    tmp_path: Path,
) -> None:
    with sidecar(tmp_path, "--alias", "org/boris v2=hearsay/tavern") as one:
        address = one.url.removeprefix("http://")  # As people write it.
        arguments = ("chat", "--url", address, "-m")
        wrong = hearsay(tmp_path, *arguments, "hearsay/tavern", HEARSAY_TOKEN="x" * 32)
        unknown = hearsay(tmp_path, *arguments, "nope", HEARSAY_TOKEN=one.token)
        alias = hearsay(tmp_path, *arguments, "org/boris v2", HEARSAY_TOKEN=one.token)
    assert wrong.returncode == unknown.returncode == 1
    assert "does not know this token" in wrong.stderr
    assert "has no model 'nope'; it has: in-memory::hearsay/tavern." in unknown.stderr
    assert unknown.stdout == ""
    assert alias.returncode == 0, alias.stderr


def test_a_token_without_a_server_is_an_error(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "chat", "--token", "x" * 20)
    assert ended.returncode == 1
    assert "--url" in ended.stderr


def test_a_token_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "token"
    ended = hearsay(tmp_path, "chat", "--url", "http://127.0.0.1:1", "--token-file", str(file))
    assert ended.returncode == 1
    assert not file.exists()


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "chat", "--url", "http://127.0.0.1:1")
    assert ended.returncode == 1
    assert "Nobody answers at http://127.0.0.1:1 (" in ended.stderr
    assert "hearsay serve" in ended.stderr


def test_a_reply_that_breaks_off_is_told_and_the_talk_goes_on(tmp_path: Path) -> None:
    pages = {
        "/v1/models": (200, '{"data": [{"id": "a"}]}'),
        "/v1/chat/completions": (200, delta("Wel")),
    }
    with scripted(pages) as url:
        ended = hearsay(tmp_path, "chat", "--url", url, given="Hello!\nAgain?\n")
    assert ended.returncode == 0
    assert ended.stdout.count("The reply broke off before its end") == 2


def test_at_temperature_0_the_same_is_said_again(tmp_path: Path) -> None:
    arguments = ("chat", "--temperature", "0")
    said = [hearsay(tmp_path, *arguments, given="Hello!\n").stdout for _ in range(2)]
    assert said[0] == said[1]
    assert hearsay(tmp_path, "chat", "--temperature", "3").returncode == 2


def test_a_model_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "chat", "--model", "nobody.gguf", HEARSAY_BACKEND="llama")
    assert ended.returncode == 1
    assert "The sidecar did not start: There is no model file at nobody.gguf" in ended.stderr


@posix
def test_ctrl_c_stops_the_reply_and_not_the_program(tmp_path: Path) -> None:
    with endless() as (url, left), terminal(tmp_path, "chat", "--url", url, "-m", "a") as screen:
        at = screen.wait_for("> ")
        screen.type("Tell me everything.\n")
        at = screen.wait_for("everything.", at)
        at = screen.wait_for("word", at)
        at = screen.press_until(CTRL_C, "(stopped)", at)
        at = screen.wait_for("> ", at)
        assert left.wait(PATIENCE_SECONDS)  # The server heard of it, and need write no further.
        at = screen.press_until("half a line", "half a line", at)
        # CPython looks for a signal only between two waits for a key: one that comes while a key
        # is being read is seen at the next, so a person would press again, and so do we.
        at = screen.press_until(CTRL_C, "/reset forgets", at)
        screen.wait_for("> ", at)
        assert screen.end(CTRL_D) == 0


@posix
def test_the_end_of_the_chat_is_the_end_of_its_sidecar(tmp_path: Path) -> None:
    with terminal(tmp_path, "chat") as screen:
        screen.wait_for("> ")
        family = psutil.Process(screen.process.pid).children(recursive=True)
        assert len(family) == 2
        screen.type("/quit\n")
        assert screen.end() == 0
    wait_until(lambda: not any(one.is_running() for one in family), "the sidecar's end", 3)
