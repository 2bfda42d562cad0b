"""How much of the machine the engine takes: pauses, threads and the size of its bites."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from bridge.engine.frames import Frames
from bridge.engine.tuner import Tuner
from bridge.protocol import Pace, PaceMode

QUIET_CORES = 0.3
"""While other programs use less than this many cores, they are taken for being at rest."""

QUIET_SECONDS = 1.0
"""So long must they rest until threads may spin again; they must not work to stop it."""

FIRST_CHUNK = 128
MIN_CHUNK = 64
MAX_CHUNK = 512
"""Tokens of a prompt in one step beside running replies; smaller ones cost a fifth and more."""

LONGEST_PAUSE = 2.0
"""Seconds that a game's long frames can make a pause, though a prompt was read in one long step."""

REST_SECONDS = 1.0
"""An engine that had nothing to do for so long begins anew to find out what frames it disturbs."""


class Spin(Enum):
    """
    When threads that wait for each other may turn in circles instead of sleeping.

    `WHEN_QUIET` allows it beside busy programs too where a trial shows that it is faster.
    """

    ALWAYS = auto()
    WHEN_QUIET = auto()
    NEVER = auto()


@dataclass(frozen=True, slots=True)
class Manner:
    """
    What a mode allows.

    `share` is the part of the time, `threads` the part of the threads, and `stall_seconds` how
    long the bite of a prompt may hold up those who write.
    """

    share: float
    threads: float
    stall_seconds: float
    spin: Spin


MANNERS = {
    PaceMode.FULL: Manner(1.0, 1.0, 0.3, Spin.ALWAYS),
    PaceMode.BALANCED: Manner(1.0, 1.0, 0.3, Spin.WHEN_QUIET),
    PaceMode.BACKGROUND: Manner(0.5, 0.5, 0.15, Spin.NEVER),
    PaceMode.PAUSED: Manner(0.5, 0.5, 0.15, Spin.NEVER),
}


class Pacer:
    """
    Holds the engine to what the game can spare. Times are seconds of one clock.

    A step is never interrupted; the pauses between steps make the share of time.
    """

    def __init__(
        self,
        threads: int,
        pace: Pace | None = None,
        *,
        sleeps: bool = True,
        fills: bool = False,
    ) -> None:
        """Take how many `threads` there may be, and whether so many fill every processor."""
        self._most = threads
        self._fills = fills
        # Threads that must spin while others want their cores wait for each other for ever.
        self._tuner = Tuner(threads, cautious=not sleeps, may_turn=sleeps)
        self._pace = pace or Pace(PaceMode.BALANCED)
        self._next_at = 0.0
        self._last = (0.0, 0.0, 0)
        self._frames = Frames()
        self._row_seconds: float | None = None
        self._busy_at: float | None = None
        self._calm = self._manner.spin is Spin.ALWAYS
        self._turns = False
        self.crowded = False
        """
        Whether a thread of our own works beside the steps.

        Who spins would keep a core from it, so threads sleep meanwhile; and where all threads fill
        the machine one of them stays away: they would wait for the one that shares its core. How
        long steps take then says nothing about others.
        """

    @property
    def mode(self) -> PaceMode:
        """How much the game leaves us."""
        return self._pace.mode

    @property
    def spins(self) -> bool:
        """Whether the threads of the step that was asked about last are to spin."""
        return (self._calm or self._turns) and not self.crowded

    @property
    def paused(self) -> bool:
        """Whether nothing may be done at all."""
        return self._pace.mode is PaceMode.PAUSED

    @property
    def share(self) -> float:
        """The part of the time that may be used."""
        return min(self._manner.share, self._pace.share or 1.0, self._frames.share)

    @property
    def chunk_tokens(self) -> int:
        """How much of a prompt may be read in one step beside running replies."""
        if self._row_seconds is None:
            return FIRST_CHUNK
        tokens = int(self._manner.stall_seconds / self._row_seconds)
        return max(MIN_CHUNK, min(tokens // 16 * 16, MAX_CHUNK))

    def set(self, pace: Pace, now: float) -> None:
        """Follow another pace from now on; the pause that has begun is as long as it wants."""
        self._pace = pace
        if pace.frame_ms is None:
            self._frames = Frames()
        else:
            self._frames.report(pace.frame_ms, now)
        self._plan()
        if self._manner.spin is not Spin.WHEN_QUIET:
            self._calm = self._manner.spin is Spin.ALWAYS

    def meet(self, others: float, now: float) -> None:
        """Learn how many cores other programs have been using until now."""
        if others > QUIET_CORES:
            self._busy_at = now
        if self._manner.spin is Spin.WHEN_QUIET:
            self._calm = self._busy_at is None or now - self._busy_at >= QUIET_SECONDS

    def wait(self, now: float) -> float:
        """Return how many seconds to wait until the next step; not for those who are paused."""
        return max(self._next_at - now, 0.0)

    def threads(self, rows: int, *, exact: bool = False) -> int:
        """
        Return how many threads the next step is to use.

        One that must be `exact` gets as many each time: over one row alone llama.cpp splits the
        attention by threads, and sums of floats depend on how they are split.
        """
        most = max(1, int(self._most * self._manner.threads))
        if self.crowded and self._fills and not exact:
            most = max(1, min(most, self._most - 1))
        may_turn = self._manner.spin is Spin.WHEN_QUIET and not exact
        self._turns = may_turn and self._tuner.turns(rows, spins=self._calm)
        return most if exact else self._tuner.choose(rows, spins=self._calm, most=most)

    def note(
        self, *, rows: int, written: int, started: float, ended: float, exact: bool = False
    ) -> None:
        """Learn what a step took: how many rows it read and how many tokens came of them."""
        seconds = ended - started
        if started - self._next_at > REST_SECONDS:
            self._frames.relax()
        self._frames.work(ended)
        if not exact and not self.crowded:
            self._tuner.note(rows, seconds, spins=self._calm)
        if rows >= MIN_CHUNK // 2:
            last = self._row_seconds or seconds / rows
            self._row_seconds = last + (seconds / rows - last) / 4
        self._last = started, ended, written
        self._plan()

    def _plan(self) -> None:
        """Let the next step wait as the last one and the pace want it."""
        started, ended, written = self._last
        seconds = ended - started
        wanted = seconds * (1 / min(self._manner.share, self._pace.share or 1.0) - 1)
        felt = min(seconds * (1 / self._frames.share - 1), LONGEST_PAUSE)
        self._next_at = ended + max(wanted, felt)
        if limit := self._pace.tokens_per_second:
            self._next_at = max(self._next_at, started + written / limit)

    @property
    def _manner(self) -> Manner:
        return MANNERS[self._pace.mode]
