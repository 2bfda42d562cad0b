"""More requests than the queue holds: each is answered, and nobody's connection is reset."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import httpx

from bridge.jobs.service import MAX_WAITING
from tests.gateway.children import sidecar

BEYOND = 80
SLOTS = 2


async def _ask(http: httpx.AsyncClient) -> tuple[int, str | None]:
    body = {
        "model": "hearsay/tavern",
        "max_tokens": 1,
        "messages": [{"role": "user", "content": "Hi"}],
    }
    answer = await http.post("/v1/chat/completions", json=body)
    return answer.status_code, answer.headers.get("retry-after")


async def _flood(url: str, token: str, count: int) -> Counter[tuple[int, str | None]]:
    limits = httpx.Limits(max_connections=None)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=url, headers=headers, limits=limits, timeout=60, trust_env=False
    ) as http:
        return Counter(await asyncio.gather(*(_ask(http) for _ in range(count))))


async def test_a_flood_is_told_to_come_again_and_nobody_is_reset(tmp_path: Path) -> None:
    with sidecar(tmp_path, "--parallel", str(SLOTS), HEARSAY_FAKE_STEP_MS="20") as one:
        await asyncio.to_thread(one.wait_loaded)
        told = await _flood(one.url, one.token, MAX_WAITING + BEYOND)
        assert told.keys() <= {(200, None), (503, "1")}
        assert told[503, "1"] > 0
        assert told[200, None] >= MAX_WAITING
