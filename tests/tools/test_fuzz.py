"""The fuzzing in small: some thousand hostile frames beside a client that must not notice."""

from __future__ import annotations

import pytest

from tools.fuzz.sockets import MOST_GROWN, MOST_REPLY_SECONDS, MOST_SECONDS, Report, fuzz
from tools.fuzz.target import started


@pytest.mark.parametrize("transport", ["websocket", "zeromq"])
async def test_hostile_frames_break_no_promise(transport: str) -> None:
    with started() as target:
        report = await fuzz(target, transport, 8000, seed=1)
        assert target.alive
    assert report.frames >= 8000
    assert report.good_replies > 0
    assert report.grown_bytes < MOST_GROWN


def test_a_promise_that_is_broken_is_told() -> None:
    assert Report(good_replies=1).broken == []
    bad = Report(
        grown_bytes=MOST_GROWN + 1,
        slowest_answer=2 * MOST_SECONDS,
        slowest_reply=2 * MOST_REPLY_SECONDS,
    )
    assert len(bad.broken) == 4
