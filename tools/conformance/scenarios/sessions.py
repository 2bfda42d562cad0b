"""Several clients on one real sidecar, and one that does not read."""

from __future__ import annotations

from tools.conformance.driver import FailureError, require
from tools.conformance.scenarios.jobs import require_whole
from tools.conformance.stage import Stage, endless, request, scenario

LOOKS = 200
"""So often is asked whether a session is gone."""

TOKENS = 1500
"""More than any buffer on the way holds in messages of a token each, and quickly written."""


@scenario
async def two_sessions(stage: Stage) -> None:
    """Two clients with the same job ids do not see one another, and one's end ends only its own."""
    sidecar = await stage.sidecar()
    one, other = await stage.connected(sidecar), await stage.connected(sidecar)
    await one.do("stream", job="same", request=endless())
    await other.do("stream", job="same", request=endless())
    for client in (one, other):
        await client.until("chunk", job="same")
    await other.do("close")
    await other.until("closed")
    await one.settle()
    require(not one.lasts("same"), "the other's goodbye ended this one's job")
    await one.do("cancel", job="same")
    await one.last("same")
    require_whole(one, "same")


@scenario
async def back_pressure(stage: Stage) -> None:
    """A client that hangs for a second gets everything afterwards, and delays nobody."""
    sidecar = await stage.sidecar()
    slow, quick = await stage.connected(sidecar), await stage.connected(sidecar)
    await slow.do("stream", job="long", request=endless(max_completion_tokens=TOKENS))
    await slow.until("chunk", job="long")
    await slow.do("block", seconds=1.0)
    await quick.do("stream", job="a", request=request())
    await quick.last("a", seconds=5)
    require_whole(quick, "a")
    await slow.last("long", seconds=30)
    require_whole(slow, "long")


@scenario
async def goodbye(stage: Stage) -> None:
    """Closing ends the session at the sidecar; open jobs fail once at the client."""
    sidecar = await stage.sidecar()
    witness = await stage.connected(sidecar)
    await witness.do("status")
    before = (await witness.until("status"))["sessions"]
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=endless())
    await client.until("chunk", job="a")
    await client.do("close")
    await client.until("closed")
    require((await client.last("a")).get("code") == "connection_lost", "the job did not fail")
    client.require_one_end("a")
    for count in range(2, LOOKS):  # Another connection may be quicker than the goodbye.
        await witness.do("status")
        if (await witness.until("status", count=count))["sessions"] <= before:
            return
    raise FailureError("the session is still there")


@scenario
async def wrong_token(stage: Stage) -> None:
    """A wrong token is told as `unauthorized`, soon, and not tried again."""
    sidecar = await stage.sidecar()
    network = await stage.proxy(sidecar.url)
    client = await stage.client()
    await client.do("connect", url=network.url, token="wrong")  # noqa: S106 - on purpose
    event = await client.until("error", seconds=2)
    require(event["code"] == "unauthorized", f"it was told otherwise: {event}")
    require(network.accepted == 1, "it was tried again")


@scenario
async def nobody_there(stage: Stage) -> None:
    """An address where nobody listens is told by name, as `connection_lost`, within 3 seconds."""
    client = await stage.client()
    url = "tcp://127.0.0.1:9" if stage.transport == "zeromq" else "http://127.0.0.1:9"
    await client.do("connect", url=url, token=None)
    event = await client.until("error", seconds=4)
    require(event["code"] == "connection_lost", f"it was told otherwise: {event}")
    require("127.0.0.1:9" in event["message"], f"the address is not told: {event}")
