"""How long to wait for a sidecar, and when to take it for gone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Patience:
    """How long a client waits, in seconds."""

    refused_seconds: float = 2.5
    """While nobody listens at the address; then the sidecar is taken for gone."""
    greeting_seconds: float = 5.0
    """For a connection and its welcome."""
    retry_seconds: float = 0.5
    """Before the second attempt; each later one waits twice as long. The first comes at once."""
    max_retry_seconds: float = 8.0
    """The longest wait between two attempts."""
    ping_seconds: float | None = None
    """Between pings; None is a third of what the sidecar lets a connection be silent."""


class Outage:
    """
    The time without a working connection, from the first loss to the first proof.

    `clock` counts seconds; `random` returns a number from 0 to 1. A new client is in an outage.
    """

    def __init__(
        self, patience: Patience, clock: Callable[[], float], random: Callable[[], float]
    ) -> None:
        self._patience = patience
        self._clock = clock
        self._random = random
        self._since: float | None = clock()
        self._attempts = 0
        self._refused = False

    def begin(self, *, refused: bool) -> float:
        """Note a lost connection or a failed attempt; return the time of the next attempt."""
        now = self._clock()
        if self._since is None:
            self._since = now
        self._refused = refused
        delay = 0.0
        if self._attempts:
            delay = self._patience.retry_seconds * 2 ** min(self._attempts - 1, 16)
            delay = min(delay, self._patience.max_retry_seconds) * (1 - self._random() / 4)
        self._attempts += 1
        return now + delay

    def end(self) -> None:
        """Note that a connection works."""
        self._since = None
        self._attempts = 0

    def hopeless_at(self, session_seconds: float | None) -> float:
        """Return when to give up; `session_seconds` is how long the session is kept."""
        if self._since is None:
            return math.inf
        if self._refused:
            return self._since + self._patience.refused_seconds
        if session_seconds is None:
            return self._since + self._patience.greeting_seconds
        return self._since + session_seconds
