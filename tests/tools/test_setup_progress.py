"""Set-up: a long build shows how far it is, and one that fails says what to do."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from tools.setup import environment
from tools.setup.commands import run_logged
from tools.setup.compiler import compiler_version
from tools.setup.failure import SetupFailed
from tools.setup.progress import Progress, parse_step, spell_seconds

BUILD_LOG = Path(__file__).with_name("data") / "llama-build.log"


class TestProgress:
    def test_the_steps_of_a_real_build_are_read_in_order(self) -> None:
        lines = BUILD_LOG.read_text(encoding="utf-8").splitlines()
        steps = [step for line in lines if (step := parse_step(line))]
        assert steps == [(done, 83) for done in range(1, 84)]

    def test_without_a_terminal_every_tenth_is_one_line(self) -> None:
        stream = io.StringIO()
        progress = Progress("llama.cpp", stream, clock=iter(range(1000)).__next__)
        for line in BUILD_LOG.read_text(encoding="utf-8").splitlines():
            progress.feed(line)
        progress.close("built")
        lines = stream.getvalue().splitlines()
        assert [line.split(" %")[0] for line in lines[:-1]] == [
            f"llama.cpp: {tenth}0" for tenth in range(1, 11)
        ]
        assert lines[-1] == "llama.cpp: built"
        assert "\r" not in stream.getvalue()

    def test_on_a_terminal_one_line_renews_itself(self) -> None:
        stream = io.StringIO()
        stream.isatty = lambda: True  # type: ignore[method-assign]
        progress = Progress("llama.cpp", stream, clock=iter([0, 61]).__next__)
        progress.feed("  [41/83] /usr/bin/g++ -O3 -c llama.cpp")
        assert stream.getvalue() == (
            "\r\x1b[Kllama.cpp [" + "#" * 14 + "." * 16 + "] 41/83, 1 min 1 s"
        )

    @pytest.mark.parametrize("line", ["", "[notice] new pip", "array[1/2]", "  -- [1/2] no"])
    def test_other_lines_are_no_steps(self, line: str) -> None:
        assert parse_step(line) is None

    def test_times_are_spelled_for_people(self) -> None:
        assert [spell_seconds(seconds) for seconds in (0.4, 59, 268)] == [
            "0 s",
            "59 s",
            "4 min 28 s",
        ]


class TestFailures:
    @pytest.mark.parametrize(
        ("output", "cure"),
        [
            ("fatal error: x.o: No space left on device", "disk is full"),
            ("NewConnectionError: Temporary failure in name resolution", "cannot be reached"),
            ("error: THESE PACKAGES DO NOT MATCH THE HASHES", "not the one that was locked"),
            ("g++: fatal error: Killed signal terminated program cc1plus", "Memory ran out"),
            ("error: expected ';'", "lines above say why"),
        ],
    )
    def test_the_end_of_the_output_comes_with_what_to_do(
        self, output: str, cure: str, tmp_path: Path
    ) -> None:
        log = tmp_path / "logs" / "build.log"
        script = f"import sys; print('start'); print({output!r}); sys.exit(3)"
        with pytest.raises(SetupFailed, match=cure) as caught:
            run_logged("The build", [sys.executable, "-c", script], log)
        assert output in str(caught.value)
        assert str(log) in str(caught.value)
        assert log.read_text(encoding="utf-8") == f"start\n{output}\n"

    def test_a_machine_without_a_compiler_is_told_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        monkeypatch.delenv("CXX", raising=False)
        monkeypatch.setattr(sys, "platform", "linux")
        with pytest.raises(SetupFailed, match="sudo apt install g"):
            compiler_version()

    def test_an_old_python_is_told_which_it_needs(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        from tools.__main__ import main

        monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
        assert main(["demo"]) == 1
        assert "needs Python 3.11 or newer; this is 3.9.2" in capsys.readouterr().err

    def test_a_python_without_venv_is_told_the_package(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(environment, "VENV", tmp_path / "none")
        monkeypatch.setattr(environment, "venv_python", lambda: tmp_path / "none" / "python")
        monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
        with pytest.raises(SetupFailed, match="apt install python3-venv"):
            environment.make_environment(moved=False)
