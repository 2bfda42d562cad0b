"""Waits are counted within bounds."""

from __future__ import annotations

from bridge.jobs.metrics import BOUNDS, Waits


def test_a_wait_is_counted_within_every_bound_that_it_keeps() -> None:
    waits = Waits()
    for seconds in (0.05, 0.3, 99.0):
        waits.add(seconds)
    assert waits.count == 3
    assert waits.seconds == 99.35
    assert dict(zip(BOUNDS, waits.within, strict=True))[0.05] == 1
    assert dict(zip(BOUNDS, waits.within, strict=True))[0.5] == 2
    assert waits.within[-1] == 2
