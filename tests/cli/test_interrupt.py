"""Ctrl-C ends a reply even where Python drops its exception."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.cli.interrupt import end_at_once, interruptible, raise_again
from tests.gateway.children import environment

posix = pytest.mark.skipif(os.name != "posix", reason="Windows ends a process in another way")

PRESSED = """
import os, signal, sys
module = sys.argv.pop(1)
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from bridge.cli import main
main()
"""
"""The command line, and Ctrl-C in the moment in which it imports a module."""


def pressed(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PRESSED, *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment(home),
        cwd=home,
        timeout=60,
        check=False,
    )


@posix
@pytest.mark.parametrize("module", ["typer", "bridge.cli.serve", "bridge.gateway.run", "uvicorn"])
def test_ctrl_c_while_a_server_starts_ends_it_without_a_word(tmp_path: Path, module: str) -> None:
    ended = pressed(tmp_path, module, "serve", "--port", "0")
    assert ended.returncode == -signal.SIGINT
    assert ended.stdout == ended.stderr == ""


@posix
@pytest.mark.parametrize("module", ["bridge.cli.demo", "bridge.client.launch"])
def test_ctrl_c_while_a_command_starts_shows_no_traceback(tmp_path: Path, module: str) -> None:
    ended = pressed(tmp_path, module, "demo")
    assert ended.returncode == 130
    assert "Traceback" not in ended.stderr


def test_where_ctrl_c_is_ignored_it_stays_so() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        end_at_once()
        raise_again()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_ctrl_c_whose_exception_is_dropped_still_ends_the_reply() -> None:
    def reply() -> Iterator[str]:
        yield "one"
        with suppress(KeyboardInterrupt):  # As a finaliser does that happens to run.
            signal.raise_signal(signal.SIGINT)
        while True:
            yield "more"

    pieces = interruptible(reply())
    assert next(pieces) == "one"
    with pytest.raises(KeyboardInterrupt):
        next(pieces)


def test_what_ctrl_c_did_before_it_does_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert list(interruptible(["a", "b"])) == ["a", "b"]
    assert signal.getsignal(signal.SIGINT) is before
