"""A sidecar of our own: `hearsay serve --sidecar` as a child, as a game would start it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import bridge
from bridge.cli.client import Client
from bridge.cli.failure import CommandError

END_SECONDS = 5.0
POLL_SECONDS = 0.1

Document = dict[str, object]


@dataclass(frozen=True)
class Sidecar:
    """What the ready line said, and the child that said it."""

    process: subprocess.Popen[bytes]
    url: str
    token: str
    models: list[str]
    log_file: str

    def wait_loaded(self, client: Client, progress: Callable[[float], None]) -> None:
        """Return when the models are loaded; raises CommandError when they cannot be."""
        while True:
            health = client.health()
            if health.get("status") == "ok":
                return
            models = cast(list[Document], health.get("models") or [])
            if any(model.get("status") == "failed" for model in models):
                raise CommandError(f"The model cannot be loaded; the log says why: {self.log_file}")
            done = [cast(float, model.get("progress", 0.0)) for model in models]
            progress(sum(done) / max(len(done), 1))
            time.sleep(POLL_SECONDS)


@contextmanager
def started(model: str | None) -> Iterator[Sidecar]:
    """Start a sidecar on a model and end it; raises CommandError when it does not start."""
    arguments = ["serve", "--sidecar", *(["--model", model] if model else [])]
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=_environment(),
        # Ctrl-C at the terminal is for us; the sidecar ends with its standard input.
        start_new_session=os.name == "posix",
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    )
    try:
        yield _read_ready(process)
    finally:
        _end(process)


def _environment() -> dict[str, str]:
    root = str(Path(bridge.__file__).parent.parent)
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        **os.environ,
        # A person may think for longer than a lease; we end the sidecar ourselves.
        "HEARSAY_LEASE_SECONDS": "0",
        # The working folder may be a game's, with a `bridge` of its own.
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }


def _read_ready(process: subprocess.Popen[bytes]) -> Sidecar:
    line = cast(IO[bytes], process.stdout).readline()
    try:
        ready = json.loads(line)
        return Sidecar(process, ready["url"], ready["token"], ready["models"], ready["log"])
    except (ValueError, KeyError, TypeError) as error:
        why = cast(IO[bytes], process.stderr).read().decode("utf-8", "replace").strip()
        why = why.rpartition("hearsay: ")[2] or "it said nothing."
        raise CommandError(f"The sidecar did not start: {why}") from error


def _end(process: subprocess.Popen[bytes]) -> None:
    with suppress(OSError):
        cast(IO[bytes], process.stdin).close()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        cast(IO[bytes], pipe).close()
