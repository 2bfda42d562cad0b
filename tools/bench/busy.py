"""A game that keeps every core busy for 8 ms of each frame, or a program that never rests."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import msgspec

from tools.bench.figures import percentile
from tools.bench.places import ROOT

FRAME = 1 / 60
WORK = 0.008
"""
Seconds of processor time in each frame, on every core.

Not a fixed amount of work: where a core's other half belongs to other machines, the same loop takes
8 ms in one second and 14 in the next, alone.
"""

START_SECONDS = 2.0
"""How long a game is given to start and to settle."""


class Frame(msgspec.Struct, frozen=True):
    """One frame: when it was due (`time.monotonic()` of any process) and how long it took."""

    due: float
    seconds: float


@dataclass
class Game:
    """A running game; its frames are known when it has ended."""

    frames: list[Frame]

    def between(self, start: float, end: float) -> Frames:
        """Return the frames that were due within a time."""
        return Frames([frame.seconds for frame in self.frames if start <= frame.due < end])


@dataclass(frozen=True)
class Frames:
    """The times of some frames."""

    seconds: Sequence[float]

    @property
    def p99(self) -> float:
        """What 99 of 100 frames stay below."""
        return percentile(self.seconds, 99)

    @property
    def missed(self) -> float:
        """Which part of the frames took longer than there was time."""
        return sum(seconds > FRAME for seconds in self.seconds) / len(self.seconds)


@contextmanager
def game(cores: int) -> Iterator[Game]:
    """Run a game on every core; its frames can be read after the block."""
    command = [sys.executable, "-m", "tools.bench.busy"]
    players = [
        subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(cores)
    ]
    played = Game([])
    try:
        time.sleep(START_SECONDS)
        yield played
    except BaseException:  # Interrupted: nobody asks for its frames any more.
        for player in players:
            player.kill()
            player.communicate()
        raise
    longest: dict[float, float] = {}
    for player in players:
        output, _ = player.communicate()  # It ends when its input does.
        for frame in msgspec.json.decode(output, type=list[Frame]):
            due = round(frame.due, 4)
            longest[due] = max(longest.get(due, 0.0), frame.seconds)
    played.frames.extend(Frame(due, seconds) for due, seconds in sorted(longest.items()))


@contextmanager
def spinner() -> Iterator[None]:
    """Run a program that never rests, on one core."""
    process = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        time.sleep(START_SECONDS / 2)
        yield
    finally:
        process.kill()
        process.wait()


def _work() -> None:
    end = time.thread_time() + WORK
    total = 0
    while time.thread_time() < end:  # Asked every 20 microseconds or so.
        for number in range(500):
            total += number * number


def _play() -> None:
    """Play until the input ends: a frame is due at each tick, late ones skip ticks."""
    over = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=wait, daemon=True).start()
    frames = []
    while not over.is_set():
        due = (int(time.monotonic() / FRAME) + 1) * FRAME
        time.sleep(max(0.0, due - time.monotonic()))
        _work()
        frames.append(Frame(due, time.monotonic() - due))
    os.write(1, msgspec.json.encode(frames))


if __name__ == "__main__":
    _play()
