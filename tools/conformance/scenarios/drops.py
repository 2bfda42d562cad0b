"""Connections that break and come back: exactly the rest, whatever was lost."""

from __future__ import annotations

import random

from tools.conformance.driver import require
from tools.conformance.scenarios.jobs import require_whole
from tools.conformance.stage import PATIENCE, Stage, endless, request, scenario

CUTS = 40
"""Connections that are cut, one after another, each at another byte."""

ROOM = 4000
"""The most bytes that one of them carries."""


@scenario
async def dropped_by_the_client(stage: Stage) -> None:
    """A client whose connection breaks resumes, and the stream goes on where it was."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=endless(max_completion_tokens=400))
    for count in range(1, 4):
        await client.until("chunk", job="a", count=count * 5)
        await client.do("drop")
        await client.until("connected", count=count + 1)
    await client.last("a")
    require_whole(client, "a")
    resumed = [event["resumed"] for event in client.all(saw="connected")]
    require(resumed == [False, True, True, True], f"it did not resume: {resumed}")


@scenario
async def cut_at_every_point(stage: Stage) -> None:
    """Connections cut at any byte, in either direction, lose and double nothing."""
    sidecar = await stage.sidecar()
    dice = random.Random(7)
    cuts = [dice.randrange(1, ROOM) for _ in range(CUTS)]
    network = await stage.proxy(sidecar.url, cuts)
    client = await stage.client()
    await client.do("connect", url=network.url, token=sidecar.token, patience=PATIENCE)
    await client.until("connected", seconds=20)
    jobs = [f"job {number}" for number in range(4)]
    for job in jobs:
        await client.do("stream", job=job, request=endless(max_completion_tokens=600))
    await client.do("ask", job="plain", request=request())
    for job in jobs:
        await client.last(job, seconds=60)
        require_whole(client, job)
    require(network.accepted > CUTS // 4, f"only {network.accepted} connections were needed")
    last = await client.last("plain")
    require(last["saw"] == "done", f"the plain reply failed: {last}")
    client.require_one_end("plain")


@scenario
async def cancelled_while_away(stage: Stage) -> None:
    """A cancel while there is no connection is carried out when there is one."""
    sidecar = await stage.sidecar()
    network = await stage.proxy(sidecar.url)
    client = await stage.client()
    await client.do("connect", url=network.url, token=sidecar.token, patience=PATIENCE)
    await client.do("stream", job="a", request=endless())
    await client.until("chunk", job="a")
    await network.close()
    await client.do("cancel", job="a")
    await network.open()
    last = await client.last("a")
    require(last.get("reasons") == ["cancelled"], f"it ended otherwise: {last}")
    require_whole(client, "a")


@scenario
async def asked_while_away(stage: Stage) -> None:
    """What is asked while there is no connection is asked when there is one, once."""
    sidecar = await stage.sidecar()
    network = await stage.proxy(sidecar.url)
    client = await stage.client()
    await client.do("connect", url=network.url, token=sidecar.token, patience=PATIENCE)
    await client.until("connected")
    await client.settle()
    await network.close()
    await client.do("stream", job="a", request=request())
    await client.do("status")
    await network.open()
    await client.last("a")
    require_whole(client, "a")
    await client.until("status", count=2)


@scenario
async def frozen_network(stage: Stage) -> None:
    """A connection that swallows everything is given up after three pings, and resumed."""
    sidecar = await stage.sidecar()
    network = await stage.proxy(sidecar.url)
    client = await stage.client()
    await client.do("connect", url=network.url, token=sidecar.token, patience=PATIENCE)
    await client.do("stream", job="a", request=endless(max_completion_tokens=300))
    await client.until("chunk", job="a")
    network.freeze()
    await network.until(lambda: network.accepted > 1)
    network.thaw()
    await client.last("a", seconds=20)
    require_whole(client, "a")
