"""The trials in small: workers that die while they load, read and write."""

from __future__ import annotations

from tools.bench.trials import PHASES, STREAMS, trials


async def test_no_reply_shows_that_its_worker_died() -> None:
    report = await trials(20, at_once=4)
    assert report.broken == []
    assert report.trials == dict.fromkeys(PHASES, 20)
    assert report.deaths == 20 * (len(PHASES) + 1)
    assert report.replies == 20 * len(PHASES) * STREAMS
    assert len(report.pauses) > report.replies // 2
