"""What the games that share a sidecar can spare, each for itself and all together."""

from __future__ import annotations

from bridge.protocol import Pace, PaceMode

_MODESTY = (PaceMode.PAUSED, PaceMode.BACKGROUND, PaceMode.BALANCED, PaceMode.FULL)


class Paces:
    """
    The last wish of every session; the most modest one holds, of equals the latest.

    Who is away has no say: a game that crashed at rest would let all others wait.
    """

    def __init__(self) -> None:
        self._wishes: dict[str, Pace] = {}
        self._away: dict[str, Pace] = {}

    @property
    def common(self) -> Pace | None:
        """What holds now; None when nobody has said anything."""
        latest_first = reversed(self._wishes.values())
        return min(latest_first, key=lambda pace: _MODESTY.index(pace.mode), default=None)

    def wish(self, session: str, pace: Pace) -> None:
        """Note what a session can spare from now on."""
        self._wishes.pop(session, None)
        self._wishes[session] = pace

    def leave(self, session: str) -> bool:
        """Note that a session's client is away; say whether that changes anything."""
        if pace := self._wishes.pop(session, None):
            self._away[session] = pace
        return pace is not None

    def come_back(self, session: str) -> bool:
        """Let what a session has wished for hold again; say whether that changes anything."""
        if pace := self._away.pop(session, None):
            self._wishes[session] = pace
        return pace is not None

    def forget(self, session: str) -> bool:
        """Drop the wish of a session that is over; say whether that changes anything."""
        self._away.pop(session, None)
        return self._wishes.pop(session, None) is not None
