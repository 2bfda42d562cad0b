"""The small commands, their help and their wrong use."""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

import pytest

from bridge import __version__
from bridge.cli.models import amount, size
from bridge.cli.panel import curl
from bridge.gateway.screen import Opened
from tests.gateway.children import hearsay
from tests.models.ggufs import write_gguf

if os.name == "posix":
    from tests.cli.terminal import CTRL_C, terminal


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert hearsay(tmp_path, "version").stdout == f"hearsay {__version__}\n"


@pytest.mark.parametrize("command", ["serve", "demo", "chat", "models", "doctor", "version"])
def test_every_command_has_help(tmp_path: Path, command: str) -> None:
    ended = hearsay(tmp_path, command, "--help")
    assert ended.returncode == 0
    assert "Usage: hearsay" in ended.stdout
    assert "<bool>" not in ended.stdout


def test_what_only_a_sidecar_uses_may_be_set_for_all_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEARSAY_SHARE", str(tmp_path / "share.json"))
    assert hearsay(tmp_path, "models").returncode == 0


def test_the_command_that_is_shown_is_one_of_the_systems_own() -> None:
    opened = Opened("http://127.0.0.1:1", 1, "secret", Path("t"), ["m"], None)
    body = '{"model": "in-memory::m", "messages": [{"role": "user", "content": "Hello!"}]}'
    where = "curl http://127.0.0.1:1/v1/chat/completions"
    kind = '-H "Content-Type: application/json"'
    assert curl(opened, windows=False) == (
        f"{where} -H \"Authorization: Bearer $(cat t)\" {kind} -d '{body}'"
    )
    quoted = body.replace('"', '\\"')
    assert curl(opened, windows=True) == (
        f'{where} -H "Authorization: Bearer TOKEN" {kind} -d "{quoted}"'
    )


def test_the_help_names_the_defaults(tmp_path: Path) -> None:
    said = hearsay(tmp_path, "serve", "--help").stdout
    for default in ("hearsay/tavern", "11434", "8192", "127.0.0.1 and ::1"):
        assert default in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "many"], "--port"),
        (["serve", "--port", "65536"], "port: "),
        (["serve", "--parallel", "0"], "parallel: "),
        (["serve", "--alias", "boris"], "NAME=ID"),
        (["serve", "--log-level", "loud"], "log_level: "),
        (["serve", "--host", "0.0.0.0"], "--allow-remote"),
        (["serve", "--host", "0.0.0.0", "--allow-remote"], "--token-file"),
        (["serve", "--config", "gone.toml"], "gone.toml"),
        (["serve", "--nonsense"], "--nonsense"),
        (["serve", "--share", "here.json"], "add --sidecar"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_use_is_told_and_ends_with_2(tmp_path: Path, arguments: list[str], said: str) -> None:
    ended = hearsay(tmp_path, *arguments)
    assert ended.returncode == 2
    assert said in ended.stderr
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_models_lists_what_is_there(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "store" / "org" / "small.gguf", general__name="Small")
    (tmp_path / "store" / "bad.gguf").write_bytes(b"nothing")
    ended = hearsay(tmp_path, "models", HEARSAY_MODELS_DIR=str(tmp_path / "store"))
    assert ended.returncode == 0
    lines = [line.split("\t") for line in ended.stdout.splitlines()]
    assert [line[0] for line in lines] == [
        "in-memory::hearsay/tavern",
        "in-memory::bad",
        "in-memory::org/small",
    ]
    assert "does not begin with GGUF" in lines[1][4]
    assert lines[2][1:] == ["0.0 MiB", "2048", "128", str(path)]


def test_models_can_be_read_by_programs(tmp_path: Path) -> None:
    rows = json.loads(hearsay(tmp_path, "models", "--json").stdout)
    assert rows[0]["id"] == "in-memory::hearsay/tavern"
    assert rows[0]["architecture"] == "llama"
    assert rows[0]["problem"] is None


def test_numbers_are_short() -> None:
    assert amount(None) == size(None) == "-"
    assert amount(999) == "999"
    assert amount(1_235_814_432) == "1.24 B"
    assert amount(134_515_008) == "135 M"
    assert size(1 << 29) == "512.0 MiB"
    assert size(5 << 30) == "5.00 GiB"


def test_the_doctor_tries_a_worker_and_finds_this_machine_well(tmp_path: Path) -> None:
    ended = hearsay(tmp_path, "doctor", "--json", HEARSAY_PORT="1", HEARSAY_BACKEND="llama")
    document = json.loads(ended.stdout)
    found = {check["name"]: check for check in document["checks"]}
    assert ended.returncode == 0, ended.stdout
    assert document["ok"]
    assert set(found) >= {"installation", "cpu", "memory", "config", "logs", "model", "port"}
    assert found["trial"]["status"] == "ok"
    assert "tokens/s" in found["trial"]["found"]
    assert found["llama.cpp"]["found"].startswith("built with ")
    assert "safe mode" in found
    assert found["models"]["found"].endswith("hearsay/models (no GGUF file yet)")


def test_the_doctor_names_the_owner_of_the_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = hearsay(tmp_path, "doctor", HEARSAY_PORT=str(port))
    assert ended.returncode == 0  # A busy port is a warning: sidecars take a free one.
    assert f"{port} is in use by" in ended.stdout
    assert f"process {os.getpid()}" in ended.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep logs elsewhere")
def test_the_doctor_fails_when_something_does(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = hearsay(
        tmp_path, "doctor", HEARSAY_PORT="1", XDG_STATE_HOME=str(tmp_path / "file" / "below")
    )
    assert ended.returncode == 1
    assert "fail  logs" in ended.stdout


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_serve_shows_a_panel_on_a_terminal_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with terminal(tmp_path, "serve", "--port", "0") as screen:
        at = screen.wait_for("http://127.0.0.1:")
        at = screen.wait_for("ready", at)
        screen.wait_for("curl http://127.0.0.1:", at)
        screen.type(CTRL_C)
        assert screen.end() == 0


def test_the_version_can_be_asked_for_as_an_option(tmp_path: Path) -> None:
    assert hearsay(tmp_path, "--version").stdout == f"Hearsay {__version__}\n"
    nothing = hearsay(tmp_path)
    assert nothing.returncode == 2
    assert "serve" in nothing.stdout
