"""When the worker steps, and how long it listens instead."""

from __future__ import annotations

from collections.abc import Callable

from bridge.engine.pace import Pacer
from bridge.protocol import PaceMode
from bridge.worker.contention import Contention
from bridge.worker.politeness import stand

LONGEST_NAP = 0.25
"""Seconds after which a worker that rests looks whether a job's time is over."""

SIGN_OF_LIFE = 10.0
"""Seconds after which a worker that rests tells that it does not hang."""


class Rest:
    """The pauses of a worker: between steps as its pace wants, and for as long as it is paused."""

    def __init__(
        self,
        pacer: Pacer,
        clock: Callable[[], float],
        contention: Contention | None = None,
        stand: Callable[[PaceMode, float], None] = stand,
    ) -> None:
        self._pacer = pacer
        self._clock = clock
        self._contention = contention or Contention(clock)
        self._stand = stand
        self._spoke_at = clock()

    @property
    def over(self) -> bool:
        """Whether a step may begin now."""
        return not self._pacer.paused and self._pacer.wait(self._clock()) <= 0

    def seconds(self) -> float:
        """How long to listen for commands before anything else is to be done."""
        if self._pacer.paused:
            return LONGEST_NAP
        return min(max(self._pacer.wait(self._clock()), 0.0), LONGEST_NAP)

    def look_around(self) -> None:
        """Let the pace know how busy the others are, every now and then, and stand as it fits."""
        others = self._contention.look()
        if others is not None:
            self._pacer.meet(others, self._clock())
            self._stand(self._pacer.mode, others)

    def spoke(self) -> None:
        """Note that the worker has just said something."""
        self._spoke_at = self._clock()

    @property
    def is_silent(self) -> bool:
        """Whether a sign of life is due."""
        return self._clock() - self._spoke_at >= SIGN_OF_LIFE
