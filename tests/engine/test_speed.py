"""Speeds are measured by whoever holds the clock."""

from __future__ import annotations

from bridge.engine.speed import LEAST_ROWS, REMEMBERED, Speed


def test_an_estimate_is_the_best_that_was_measured_lately() -> None:
    speed = Speed()
    assert speed.least_seconds(1000) == 0.0
    speed.note(100, 1.0)
    speed.note(100, 0.5)
    assert speed.least_seconds(1000) == 5.0
    for _ in range(REMEMBERED):
        speed.note(100, 1.0)
    assert speed.least_seconds(1000) == 10.0


def test_small_steps_and_those_without_time_say_nothing() -> None:
    speed = Speed()
    speed.note(LEAST_ROWS - 1, 1.0)
    speed.note(100, 0.0)
    assert speed.least_seconds(1000) == 0.0
