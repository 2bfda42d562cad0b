"""`hearsay serve` as a real process with the embedded model, on a free port."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

ROOT = Path(__file__).parent.parent
ALIAS = "meta-llama/Llama-3.2-3B-Instruct-Q4_K_M=hearsay/tavern"
CONTEXT = 1024  # what a reply without a limit may fill
START_SECONDS = 60.0


@contextmanager
def running_sidecar(folder: Path) -> Iterator[str]:
    """Run one whose files lie in `folder`; yields its address once its model can be asked."""
    config = folder / "config.toml"
    config.touch()
    command = [sys.executable, "-m", "bridge", "serve", "--port", "0", "--alias", ALIAS]
    process = subprocess.Popen(
        [*command, "--ctx", str(CONTEXT), "--config", str(config)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if not key.startswith("HEARSAY_")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert process.stdout
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    reader = threading.Thread(target=_read, args=(process.stdout, lines))
    reader.start()
    try:
        url = _address(lines)
        _wait_until_ready(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)
        reader.join(10)
        process.stdout.close()


def _read(output: IO[str], lines: queue.SimpleQueue[str | None]) -> None:
    for line in output:
        lines.put(line)
    lines.put(None)


def _address(lines: queue.SimpleQueue[str | None]) -> str:
    said = ""
    while (line := lines.get(timeout=START_SECONDS)) is not None:
        said += line
        if found := re.search(r"http://[^\s/,]+:\d+", line):
            return found[0]
    raise AssertionError(f"the sidecar ended without telling its address:\n{said}")


def _wait_until_ready(url: str) -> None:
    end = time.monotonic() + START_SECONDS
    with httpx.Client(trust_env=False) as client:
        while (health := client.get(f"{url}/health")).status_code != httpx.codes.OK:
            assert time.monotonic() < end, health.text
            assert health.json()["status"] != "failed", health.text
            time.sleep(0.05)
