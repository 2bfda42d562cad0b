"""Ctrl-C before a command's model is loaded: a sentence, 130, and nothing left behind."""

from __future__ import annotations

import subprocess
from typing import IO, Any, cast

import psutil
import pytest
import typer

from bridge.cli import speech
from bridge.cli.chat import chat
from bridge.cli.demo import demo
from bridge.client.launch import Sidecar
from tests.gateway.children import gone, hearsay, wait_until


def run_chat() -> None:
    chat(None, None, None, None, None, 0.7)


def run_demo() -> None:
    demo(None)


@pytest.fixture(autouse=True)
def fake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEARSAY_BACKEND", "fake")


@pytest.mark.parametrize("command", [run_chat, run_demo])
def test_ctrl_c_while_the_model_loads_says_so_and_ends_the_sidecar(
    command: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    family: list[psutil.Process] = []

    def press(sidecar: Sidecar, *_: object) -> None:
        family.append(psutil.Process(sidecar.pid))
        family.extend(family[0].children(recursive=True))
        raise KeyboardInterrupt

    monkeypatch.setattr(speech, "wait_loaded", press)
    with pytest.raises(typer.Exit) as left:
        command()
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == "hearsay: stopped while loading\n"
    wait_until(lambda: gone(*(one.pid for one in family)), "the sidecar to end")


def test_ctrl_c_before_the_sidecar_is_ready_ends_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Impatient(subprocess.Popen[bytes]):
        def __init__(self, *words: Any, **options: Any) -> None:
            super().__init__(*words, **options)
            started.append(self)
            self.stdout = cast(IO[bytes], Pipe(cast(IO[bytes], self.stdout)))

    class Pipe:
        def __init__(self, pipe: IO[bytes]) -> None:
            self.close = pipe.close

        def readline(self) -> bytes:
            raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", Impatient)
    with pytest.raises(typer.Exit) as left:
        run_chat()
    assert left.value.exit_code == 130
    assert capsys.readouterr().err == "hearsay: stopped while starting\n"
    [process] = started
    assert process.poll() is not None


def test_a_program_is_told_of_wrong_words_in_one_sentence(tmp_path: Any) -> None:
    ended = hearsay(tmp_path, "serve", "--sidecar", "--no-such-option")
    assert ended.returncode == 2
    [line] = ended.stderr.splitlines()
    assert line.startswith("hearsay: No such option: --no-such-option")
    person = hearsay(tmp_path, "serve", "--no-such-option")
    assert person.returncode == 2
    assert "Usage:" in person.stderr
