"""Sidecars that are killed or sleep: no job hangs, none ends twice."""

from __future__ import annotations

import asyncio
import os
import time

from tools.conformance.driver import require
from tools.conformance.scenarios.jobs import require_whole
from tools.conformance.stage import Stage, endless, scenario

SECONDS = 3.0
"""So long an open job may live after its sidecar."""


@scenario
async def killed(stage: Stage) -> None:
    """When the sidecar is killed, every open job fails once, within three seconds."""
    sidecar = await stage.own_sidecar()
    client = await stage.client()
    await client.do("connect", **sidecar.address)  # With the patience that is the default.
    jobs = [f"job {number}" for number in range(8)]
    for job in jobs:
        await client.do("stream", job=job, request=endless())
    for job in jobs:
        await client.until("chunk", job=job)
    sidecar.kill()
    began = time.monotonic()
    for job in jobs:
        last = await client.last(job)
        require(last.get("code") == "connection_lost", f"job {job} ended otherwise: {last}")
    took = time.monotonic() - began
    require(took <= SECONDS, f"it took {took:.1f} s")
    await asyncio.sleep(0.2)
    for job in jobs:
        client.require_one_end(job)


@scenario
async def asleep(stage: Stage) -> None:
    """A sidecar that sleeps longer than three pings is waited for, and its jobs go on."""
    if os.name != "posix":
        return
    sidecar = await stage.own_sidecar()
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=endless(max_completion_tokens=500))
    await client.until("chunk", job="a")
    sidecar.suspend()
    await asyncio.sleep(2.5)
    require(not client.lasts("a"), "the job ended while its sidecar slept")
    sidecar.wake()
    await client.last("a", seconds=20)
    require_whole(client, "a")
