"""A game in a process of its own: it tells events, and is told what to do, in lines."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

from tests.gateway.children import PATIENCE_SECONDS, environment

Event = dict[str, object]


def play_environment(home: Path, **settings: str) -> dict[str, str]:
    """Return an environment of its own, in which this Hearsay is on the PATH."""
    own = environment(home, **settings)
    return {**own, "PATH": os.pathsep.join([str(Path(sys.executable).parent), own["PATH"]])}


def events(said: str) -> list[Event]:
    """Return the lines that are JSON objects."""
    return [json.loads(line) for line in said.splitlines() if line.startswith("{")]


class Game:
    """A game that runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.said: list[str] = []
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait(self, kind: str, seconds: float = PATIENCE_SECONDS) -> Event:
        """Return the next event of this kind; others before it are left out."""
        end = time.monotonic() + seconds
        while True:
            try:
                event = self._events.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                event = None
            assert event, f"waited for {kind!r}; the game said:\n" + "".join(self.said)
            if event["event"] == kind:
                return event

    def tell(self, line: str) -> None:
        """Give an order."""
        stdin = cast(IO[str], self.process.stdin)
        stdin.write(line + "\n")
        stdin.flush()

    def quit(self) -> None:
        """Let it end as a player would; fails when that takes too long or goes wrong."""
        self.tell("quit")
        assert self.process.wait(PATIENCE_SECONDS) == 0, "".join(self.said)

    def _read(self) -> None:
        for line in cast(IO[str], self.process.stdout):
            self.said.append(line)
            if line.startswith("{"):
                self._events.put(json.loads(line))
        self._events.put(None)


@contextmanager
def run(words: Sequence[str], home: Path, **settings: str) -> Iterator[Game]:
    """Run a game; it is killed at the end if it still runs."""
    process = subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        env=play_environment(home, **settings),
    )
    with process:
        try:
            yield Game(process)
        finally:
            process.kill()
