"""Show how far a long build is."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_STEP = re.compile(r"^\s*\[(\d+)/(\d+)\]")
_BAR_WIDTH = 30


def parse_step(line: str) -> tuple[int, int] | None:
    """Read ninja's `[12/83]`: how many steps are done, and of how many."""
    found = _STEP.match(line)
    return (int(found[1]), int(found[2])) if found else None


def spell_seconds(seconds: float) -> str:
    """Write a time as people say it: `7 s`, `4 min 28 s`."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


class Progress:
    """One line that renews itself on a terminal; elsewhere a new line every tenth of the way."""

    def __init__(
        self, title: str, stream: TextIO, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._title = title
        self._stream = stream
        self._clock = clock
        self._started = clock()
        self._live = stream.isatty()
        self._tenth = 0

    @property
    def elapsed(self) -> str:
        """The time since this began, in words."""
        return spell_seconds(self._clock() - self._started)

    def feed(self, line: str) -> None:
        """Take one line of the build's output; lines that are no step are passed over."""
        if (step := parse_step(line)) is None:
            return
        done, total = step
        if self._live:
            self._draw(done, total)
        elif done * 10 // total > self._tenth:
            self._tenth = done * 10 // total
            self._say(f"{self._title}: {self._tenth * 10} % ({done} of {total}), {self.elapsed}\n")

    def close(self, last: str) -> None:
        """End with a line that stays."""
        self._say(f"{self._clear()}{self._title}: {last}\n")

    def _draw(self, done: int, total: int) -> None:
        filled = _BAR_WIDTH * done // total
        bar = "#" * filled + "." * (_BAR_WIDTH - filled)
        self._say(f"{self._clear()}{self._title} [{bar}] {done}/{total}, {self.elapsed}")

    def _clear(self) -> str:
        return "\r\x1b[K" if self._live else ""

    def _say(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
