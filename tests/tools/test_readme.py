"""The README's examples run as printed, but for the port."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tools.setup.places import ROOT

PATIENCE = 60  # seconds, for a busy machine


def example(language: str, needle: str) -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    return next(str(block) for block in blocks if needle in block)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of `hearsay serve` with the built-in model."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = int(listener.getsockname()[1])
    log = tmp_path_factory.mktemp("serve") / "log"
    command = [sys.executable, "-m", "bridge", "serve", "--port", str(free)]
    with (
        log.open("wb") as file,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file) as server,
    ):
        try:
            wait_until_it_answers(free, server, log)
            yield free
        finally:
            server.terminate()


def wait_until_it_answers(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit and server.poll() is None:
        try:
            httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False)
        except httpx.TransportError:
            time.sleep(0.05)  # A port can only be asked again.
        else:
            return
    pytest.fail(f"hearsay serve did not answer:\n{log.read_text(encoding='utf-8')}")


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_the_curl_example_streams_a_reply(port: int) -> None:
    script = example("sh", "curl").replace("11434", str(port)).replace("\\\n", " ")
    body = re.search(r"-d '(.*)'", script, re.DOTALL)
    assert body is not None
    words = script[: body.start()].replace('"', "").split("-H")
    command = [*words[0].split(), "-H", words[1].strip(), "-d", body[1]]
    done = subprocess.run(
        [*command, "--silent", "--show-error", "--max-time", str(PATIENCE)],
        check=True,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout.startswith("data: {")
    assert done.stdout.rstrip().endswith("data: [DONE]")


def test_the_python_example_prints_a_reply(port: int) -> None:
    script = example("python", "import OpenAI").replace("11434", str(port))
    command = [sys.executable, "-X", "utf8", "-c", script]
    done = subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8", timeout=PATIENCE
    )
    assert done.stdout.strip()
