"""What the frame times that a game reports say of the time it can spare."""

from __future__ import annotations

from statistics import fmean

FRAME_TOLERANCE = 1.2
"""Frames may take so much longer than the game's own before the engine gives way."""

FRAME_DRIFT = 1.02
"""Each second the game's own frame time is allowed to have grown so much: scenes change."""

LONGEST_DRIFT = 60.0
"""After more seconds without a report the game's own frame time is not thought to grow further."""

SMOOTHING = 8
"""A frame counts for one in so many: no two are alike, also where nobody disturbs them."""

LEAST_SHARE = 0.05
SHARE_STEP = 0.1


class Frames:
    """
    The share of the time that leaves a game its frames: halved where they are long, else raised.

    Each step of the engine changes it once at most, however often the game reports, by the mean of
    the frames that felt it. Times are seconds of one clock.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self._own_ms: float | None = None
        self._felt: list[float] = []
        self._reported_at = 0.0
        self._worked_until = 0.0
        self._worked = False

    def work(self, until: float) -> None:
        """Note that the engine has worked until now, and judge by what its last step has done."""
        if self._felt and self._own_ms is not None:
            self._judge(fmean(self._felt), self._own_ms)
        self._felt = []
        self._worked_until = until
        self._worked = True

    def relax(self) -> None:
        """Begin anew to find out what the game can spare: for long nothing was done."""
        self.share = 1.0
        self._felt = []

    def report(self, frame_ms: float, now: float) -> None:
        """Take in how long a frame took that ended now, or a little ago."""
        own, seconds = self._own_ms, min(now - self._reported_at, LONGEST_DRIFT)
        # Reports that came while the engine worked are all heard after it.
        rested = not self._worked and now - frame_ms / 1000 >= self._worked_until
        self._worked, self._reported_at = False, now
        if own is None:
            self._own_ms = frame_ms
        elif rested:  # This is what the game takes by itself.
            self._own_ms = own + (frame_ms - own) / SMOOTHING
        else:
            self._own_ms = own * FRAME_DRIFT**seconds
            self._felt.append(frame_ms)

    def _judge(self, frame_ms: float, own: float) -> None:
        if frame_ms < own / FRAME_TOLERANCE:
            own = frame_ms  # What was thought to be its own was not.
        elif frame_ms < own:
            own += (frame_ms - own) / SMOOTHING
        self._own_ms = own
        if frame_ms > own * FRAME_TOLERANCE:
            self.share = max(self.share / 2, LEAST_SHARE)
        else:
            self.share = min(self.share + SHARE_STEP, 1.0)
