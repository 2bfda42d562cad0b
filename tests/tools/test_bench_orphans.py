"""The orphans in small: games that are killed while their sidecars load, read and write."""

from __future__ import annotations

from tools.bench.orphans import PHASES, orphans


async def test_nothing_outlives_a_game_that_is_killed() -> None:
    report = await orphans(20, at_once=3)
    assert report.orphans == report.failed == []
    assert {phase: len(seconds) for phase, seconds in report.seconds.items()} == dict.fromkeys(
        PHASES, 20
    )
