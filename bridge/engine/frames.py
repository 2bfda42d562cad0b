"""What the frame times that a game reports say of the time it can spare."""

from __future__ import annotations

FRAME_TOLERANCE = 1.2
"""Frames may take so much longer than the game's own before the engine gives way."""

FRAME_DRIFT = 1.02
"""Each second the game's own frame time is allowed to have grown so much: scenes change."""

LEAST_SHARE = 0.05
SHARE_STEP = 0.1


class Frames:
    """
    The share of the time that leaves a game its frames: halved where they are long, else raised.

    Each step of the engine changes it once at most, however often the game reports: a step that
    lasts a tenth of a second is seen in six frames of one at 60 Hz, and all six say the same.
    Times are seconds of one clock.
    """

    def __init__(self) -> None:
        self.share = 1.0
        self._own_ms: float | None = None
        self._reported_at = 0.0
        self._worked_until = 0.0
        self._worked = False
        self._slowed = False
        self._raised = False

    def work(self, until: float) -> None:
        """Note that the engine has worked until now."""
        self._worked_until = until
        self._worked = True
        self._slowed = self._raised = False

    def report(self, frame_ms: float, now: float) -> None:
        """Take in how long a frame took that ended now, or a little ago."""
        own, seconds = self._own_ms, now - self._reported_at
        # Reports that came while the engine worked are all heard after it.
        rested = not self._worked and now - frame_ms / 1000 >= self._worked_until
        self._worked, self._reported_at = False, now
        if own is None or rested:
            self._own_ms = frame_ms  # This is what the game takes by itself.
            return
        self._own_ms = min(own * FRAME_DRIFT**seconds, frame_ms)
        if frame_ms > self._own_ms * FRAME_TOLERANCE:
            if not self._slowed:
                self.share = max(self.share / 2, LEAST_SHARE)
            self._slowed = True
        elif not (self._slowed or self._raised):
            self.share = min(self.share + SHARE_STEP, 1.0)
            self._raised = True
