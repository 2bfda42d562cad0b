"""Sharing a sidecar: who begins is found by the others, and a dead one by nobody."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import IO, cast

import httpx
import pytest

from bridge.client import AsyncHearsay
from bridge.client.launch import Sidecar
from bridge.gateway import StartError, share
from bridge.gateway.share import Share, read
from tests.client.serving import REQUEST
from tests.gateway.children import COMMAND, PATIENCE_SECONDS, environment, gone, sidecar, wait_until

posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out in another way")


def hold(path: Path) -> subprocess.Popen[bytes]:
    """Return a process that has the lock and publishes nothing."""
    code = (
        "import sys, pathlib; from bridge.gateway.share import Share; "
        "one = Share(pathlib.Path(sys.argv[1])); one.take(); print(flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    cast(IO[bytes], process.stdout).readline()
    return process


def test_the_second_gets_the_first_ones_address_and_leaves(tmp_path: Path) -> None:
    file = tmp_path / "new folder" / "sidecar.json"
    with sidecar(tmp_path, "--share", str(file)) as first:
        assert json.loads(file.read_text()) == first.ready
        with sidecar(tmp_path, "--share", str(file)) as second:
            assert second.ready == {**first.ready, "shared": True}
            assert second.process.wait(PATIENCE_SECONDS) == 0
        assert httpx.get(f"{first.url}/health").json()["models"]
        first.end_input()
        assert first.process.wait(PATIENCE_SECONDS) == 0
        assert not file.exists()


@posix
def test_the_file_is_its_users_alone(tmp_path: Path) -> None:
    with sidecar(tmp_path, "--share", str(tmp_path / "file")):
        assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600


@posix
def test_a_killed_ones_file_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with sidecar(tmp_path, "--share", str(file)) as first:
        os.kill(first.pid, signal.SIGKILL)
        first.process.wait(PATIENCE_SECONDS)
        assert file.exists()
        with sidecar(tmp_path, "--share", str(file)) as second:
            assert "shared" not in second.ready
            assert json.loads(file.read_text()) == second.ready


def test_of_many_who_start_at_once_one_stays(tmp_path: Path) -> None:
    command = [*COMMAND, "serve", "--sidecar", "--share", str(tmp_path / "file")]
    processes = [
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment(tmp_path)
        )
        for _ in range(3)
    ]
    lines = [json.loads(cast(IO[bytes], process.stdout).readline()) for process in processes]
    assert len({line["url"] for line in lines}) == 1
    assert sum("shared" not in line for line in lines) == 1
    for process in processes:
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0


def test_one_that_starts_and_never_is_ready_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(share, "PATIENCE_SECONDS", 0.2)
    with hold(tmp_path / "file") as holder:
        late = Share(tmp_path / "file")
        assert late.take() is None
        late.publish(b"{}")
        late.release()
        assert not (tmp_path / "file").exists()
        holder.communicate()


def test_a_file_that_says_something_else_is_nobodys(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for text in ("", "[]", "{}", '{"port": "x"}', '{"port": 1}', "\xff"):
        file.write_text(text, "latin-1")
        file.chmod(0o600)
        assert read(file) is None


@posix
def test_a_file_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "file"
    with sidecar(tmp_path, "--share", str(file)):
        assert read(file)
        file.chmod(0o666)
        assert read(file) is None


def test_a_folder_that_cannot_be_made_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="check --share"):
        Share(tmp_path / "file" / "below").take()
    one = Share(tmp_path / "folder")
    one.take()
    one.path.mkdir()
    with pytest.raises(StartError, match="check --share"):
        one.publish(b"{}")
    one.release()


async def test_a_client_shares_a_sidecar_and_ends_only_its_own(tmp_path: Path) -> None:
    arguments = ["--share", str(tmp_path / "file")]
    home = environment(tmp_path)
    first = Sidecar.start(arguments=arguments, environment=home)
    async with AsyncHearsay.launch(arguments=arguments, environment=home) as client:
        assert client._sidecar
        assert client._sidecar.shared
        assert client._sidecar.pid == first.pid
        assert (await (await client.async_chat_completions(REQUEST))).choices
    assert not gone(first.pid)
    first.stop()
    wait_until(lambda: gone(first.pid), "the first one's end")
