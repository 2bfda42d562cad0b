"""The gateway as a process: what it says, whom it lets in, and what ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import httpx
import psutil
import pytest

from tests.gateway.children import (
    COMMAND,
    PATIENCE_SECONDS,
    Running,
    environment,
    gone,
    hearsay,
    running,
    sidecar,
    wait_until,
)

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

PROMPT = "a secret that no log may hold"
MEGABYTE = 1 << 20

ENDLESS = {
    "model": "hearsay/tavern",
    "messages": [{"role": "user", "content": PROMPT}],
    "stream": True,
    "ignore_eos": True,
    "max_tokens": 1 << 22,
}


def ask(sidecar: Running, **more: object) -> httpx.Response:
    with sidecar.http() as http:
        return http.post("/v1/chat/completions", json={**ENDLESS, "max_tokens": 8, **more})


def test_the_ready_line_says_all_that_a_game_needs(tmp_path: Path) -> None:
    with sidecar(tmp_path, "--alias", "boris=hearsay/tavern") as one:
        assert one.ready["hearsay"]
        assert one.ready["protocol"] == 1
        assert one.ready["pid"] == one.process.pid
        assert one.ready["port"] == int(one.url.rpartition(":")[2]) != 11434
        assert one.ready["models"] == ["hearsay/tavern"]
        assert len(one.token) >= 43
        one.wait_loaded()
        assert ask(one, stream=False, model="boris").status_code == 200
        one.end_input()
        assert one.process.wait(PATIENCE_SECONDS) == 0
        assert cast(IO[bytes], one.process.stdout).read() == b""
        assert cast(IO[bytes], one.process.stderr).read() == b""
        assert "ending: the parent is gone" in one.log
        assert PROMPT not in one.log
        assert one.token not in one.log


def test_nobody_is_let_in_without_the_token(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        models = f"{one.url}/v1/models"
        assert httpx.get(models).status_code == 401
        wrong = {"Authorization": f"Bearer {one.token[:-1]}"}
        assert httpx.get(models, headers=wrong).status_code == 401
        right = {"Authorization": f"Bearer {one.token}"}
        assert httpx.get(models, headers=right).status_code == 200


@linux
def test_the_token_is_in_no_place_that_others_can_see(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        for pid in (one.pid, one.worker()):
            for page in ("cmdline", "environ"):
                assert one.token.encode() not in Path(f"/proc/{pid}/{page}").read_bytes()


@linux
def test_the_gateway_is_small_and_holds_no_engine(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        one.wait_loaded()
        assert ask(one).status_code == 200
        assert psutil.Process(one.pid).memory_info().rss < 80 * MEGABYTE
        assert "llama" not in Path(f"/proc/{one.pid}/maps").read_text()


@linux
def test_nothing_that_is_said_later_can_block_on_a_pipe(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        for output in (1, 2):
            assert Path(f"/proc/{one.pid}/fd/{output}").readlink() == Path(os.devnull)


def test_both_loopback_addresses_answer(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        assert httpx.get(f"http://127.0.0.1:{one.ready['port']}/health").json()["models"]
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            return
        assert httpx.get(f"http://[::1]:{one.ready['port']}/health").json()["models"]


def test_the_end_of_its_input_ends_a_sidecar_and_its_worker(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        worker = one.worker()
        one.end_input()
        assert one.process.wait(PATIENCE_SECONDS) == 0
        wait_until(lambda: gone(worker), "the worker's end", 1)


@posix
def test_a_killed_gateway_leaves_no_worker(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        worker = one.worker()
        os.kill(one.pid, signal.SIGKILL)
        wait_until(lambda: gone(worker), "the worker's end", 1)


PARENT = """
import os, subprocess, sys
reading, writing = os.pipe()
os.set_inheritable(writing, True)
child = subprocess.Popen(sys.argv[1:], stdin=reading, stdout=sys.stdout, close_fds=True)
# A sibling holds the other end, so the child's input never ends.
subprocess.Popen(["sleep", "60"], pass_fds=[writing], stdout=subprocess.DEVNULL)
child.wait()
"""


@posix
def test_the_kill_of_its_parent_ends_a_sidecar_even_with_its_input_open(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, *COMMAND, "serve", "--sidecar"]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment(tmp_path))
    with parent:
        one = running(parent, cast(IO[bytes], parent.stdout).readline())
        worker = one.worker()
        family = psutil.Process(parent.pid).children()
        parent.kill()
        parent.wait(PATIENCE_SECONDS)
        wait_until(lambda: gone(one.pid, worker), "the end of gateway and worker", 3)
        for sibling in family:
            if sibling.pid != one.pid:
                sibling.kill()


HOLDER = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    print("connected", flush=True)
    sys.stdin.read()
"""


def test_another_client_holds_a_sidecar_until_its_lease_is_over(tmp_path: Path) -> None:
    with sidecar(tmp_path, HEARSAY_LEASE_SECONDS="4") as one:
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(one.ready["port"])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with holder:
            cast(IO[bytes], holder.stdout).readline()
            one.end_input()
            wait_until(lambda: "another client is there" in one.log, "the parent to be missed")
            cast(IO[bytes], holder.stdin).close()
        assert one.process.wait(PATIENCE_SECONDS) == 0
        assert "ending: no client has been there" in one.log


def test_the_parents_own_connection_does_not_hold_a_sidecar(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one, one.http() as http:
        assert http.get("/v1/models").status_code == 200
        one.end_input()
        assert one.process.wait(PATIENCE_SECONDS) == 0
        assert "ending: the parent is gone" in one.log


def test_a_sidecar_ends_when_no_client_has_been_there_for_the_lease(tmp_path: Path) -> None:
    with sidecar(tmp_path, HEARSAY_LEASE_SECONDS="0.5") as one:
        assert one.process.wait(PATIENCE_SECONDS) == 0
        assert "ending: no client has been there" in one.log


def test_a_running_reply_is_a_client(tmp_path: Path) -> None:
    with sidecar(tmp_path, "--ctx", str(1 << 23), HEARSAY_LEASE_SECONDS="3") as one:
        with one.http() as http, http.stream("POST", "/v1/chat/completions", json=ENDLESS) as reply:
            lines = reply.iter_lines()
            next(lines)
            with pytest.raises(subprocess.TimeoutExpired):
                one.process.wait(4)
        assert one.process.wait(PATIENCE_SECONDS) == 0


@posix
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order_within_four_seconds(
    tmp_path: Path, number: signal.Signals
) -> None:
    with sidecar(tmp_path, "--ctx", str(1 << 23)) as one:
        one.wait_loaded()
        worker = one.worker()
        with one.http() as http, http.stream("POST", "/v1/chat/completions", json=ENDLESS) as reply:
            lines = reply.iter_lines()
            assert next(lines).startswith("data: ")
            one.process.send_signal(number)
            last = [line for line in lines if line.startswith("data: ")][-2:]
        assert one.process.wait(4) == 0
        assert gone(worker)
        assert f"ending: {number.name}" in one.log
        assert any("shutting down" in line for line in last)


@posix
def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        one.wait_loaded()
        worker = one.worker()
        os.kill(worker, signal.SIGSTOP)  # Now it cannot answer the first one.
        try:
            one.process.send_signal(signal.SIGINT)
            wait_until(lambda: "ending: SIGINT" in one.log, "the first to be heard")
            one.process.send_signal(signal.SIGINT)
            assert one.process.wait(0.9) == 130
        finally:
            os.kill(worker, signal.SIGCONT)
        wait_until(lambda: gone(worker), "the worker's end")


def test_a_token_file_is_made_and_used(tmp_path: Path) -> None:
    file = tmp_path / "token"
    with sidecar(tmp_path, "--token-file", str(file)) as one:
        assert one.token == file.read_text().strip()


def test_a_busy_port_is_an_error_that_names_the_owner(tmp_path: Path) -> None:
    with sidecar(tmp_path) as one:
        ended = hearsay(tmp_path, "serve", "--port", str(one.ready["port"]))
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert "in use by another Hearsay" in ended.stderr
    assert f"process {one.pid}" in ended.stderr
    assert "--port" in ended.stderr


@pytest.mark.parametrize("damage", ["missing", "other", "short"])
def test_a_model_file_that_cannot_be_used_is_an_error_before_anything_runs(
    tmp_path: Path, damage: str
) -> None:
    path = tmp_path / "model.gguf"
    if damage != "missing":
        path.write_bytes(b"GGUF\x03" if damage == "short" else b"no model at all")
    arguments = ["serve", "--sidecar", "--model", str(path)]
    ended = hearsay(tmp_path, *arguments, HEARSAY_BACKEND="llama")
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert str(path) in ended.stderr


def test_without_a_terminal_serve_says_in_lines_where_it_listens(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"], stderr=subprocess.PIPE, env=environment(tmp_path)
    )
    with process:
        try:
            said = ""
            while "listening on http://127.0.0.1:" not in said:
                line = cast(IO[bytes], process.stderr).readline().decode()
                assert line
                said += line
            assert "\x1b" not in said
            url = said.split("listening on ")[1].split(",")[0]
            assert json.loads(httpx.get(f"{url}/v1/models").content)["data"]  # No token needed.
        finally:
            process.terminate()
