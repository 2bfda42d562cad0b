"""Usage in small: what 200 answers say of their tokens is what was sampled."""

from __future__ import annotations

from tools.bench.usage import usage


async def test_every_answer_tells_its_tokens_and_is_the_same_streamed(sidecar: str) -> None:
    report = await usage(sidecar, 140, 20)
    assert report.broken == []
    assert (report.answers, report.pairs) == (200, 20)
    assert report.tokens > 1000
