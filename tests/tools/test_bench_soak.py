"""The soak in small: what an hour of it would show in the first seconds."""

from __future__ import annotations

from tools.bench.soak import MOST_GROWN, soak


async def test_some_seconds_of_drops_cancels_and_deaths_lose_and_double_nothing() -> None:
    report = await soak(8, games=3, death_every=2)
    assert report.broken == []
    assert report.deaths > 0
    assert report.drops > 0
    assert report.jobs > 20
    assert report.ends["length"] > 0
    assert report.ends["cancelled"] > 0
    assert report.grown_bytes < MOST_GROWN
