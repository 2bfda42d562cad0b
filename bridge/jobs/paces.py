"""What the games that share a sidecar can spare, each for itself and all together."""

from __future__ import annotations

from bridge.protocol import Pace, PaceMode

_MODESTY = (PaceMode.PAUSED, PaceMode.BACKGROUND, PaceMode.BALANCED, PaceMode.FULL)


class Paces:
    """The last wish of every session; the most modest one holds, of equals the latest."""

    def __init__(self) -> None:
        self._wishes: dict[str, Pace] = {}

    @property
    def common(self) -> Pace | None:
        """What holds now; None when nobody has said anything."""
        latest_first = reversed(self._wishes.values())
        return min(latest_first, key=lambda pace: _MODESTY.index(pace.mode), default=None)

    def wish(self, session: str, pace: Pace) -> None:
        """Note what a session can spare from now on."""
        self._wishes.pop(session, None)
        self._wishes[session] = pace

    def forget(self, session: str) -> bool:
        """Drop the wish of a session that is over; say whether it had one."""
        return self._wishes.pop(session, None) is not None
