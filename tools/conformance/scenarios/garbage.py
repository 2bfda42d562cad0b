"""Frames that cannot be read: the connection ends, and the next one brings what they stood for."""

from __future__ import annotations

from tools.conformance.driver import require
from tools.conformance.scenarios.scripts import played
from tools.conformance.script import Line
from tools.conformance.stage import Stage, scenario


async def _survives(stage: Stage, frame: bytes | None, **message: object) -> None:
    async def script(line: Line) -> None:
        hello = await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await line.chunk("a", "Once ", 5)
            if frame is None:
                await line.say("job_chunk", job="a", **message)
            else:
                await line.raw(frame)
            require(await line.next() is None, "it did not hang up")
            return
        # The end of a connection may swallow what came right before it.
        offsets = hello["resume"]["seen"][0].get("offsets") or [0]
        await line.chunk("a", "Once upon"[offsets[0] :], 9)
        await line.done("a", "Once upon")
        await line.left()

    client, sidecar = await played(stage, script)
    require(client.text("a") == "Once upon", f"it read {client.text('a')!r}")
    require(len(sidecar.lines) == 2, f"{len(sidecar.lines)} connections instead of two")


@scenario
async def random_bytes(stage: Stage) -> None:
    """Bytes that are no message end the connection; it resumes."""
    await _survives(stage, b"\xc1{never a message")


@scenario
async def wrong_type(stage: Stage) -> None:
    """A known message with a field of the wrong type ends the connection; it resumes."""
    await _survives(stage, None, text="upon", offset="9")


@scenario
async def missing_field(stage: Stage) -> None:
    """A known message without a field that it needs ends the connection; it resumes."""
    await _survives(stage, None, text="upon")


@scenario
async def oversize(stage: Stage) -> None:
    """A message larger than the limit ends the connection; it resumes."""
    await _survives(stage, None, text="x" * (1 << 20), offset=5 + (1 << 20))


@scenario
async def deep_nesting(stage: Stage) -> None:
    """A message nested beyond reason ends the connection; it resumes."""
    await _survives(stage, b'{"a":' * 50_000 + b"1" + b"}" * 50_000)


@scenario
async def nothing_but_garbage(stage: Stage) -> None:
    """After three connections in a row with nothing but garbage the job fails, once."""

    async def script(line: Line) -> None:
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
        await line.raw(b"\xc1garbage")
        await line.left()

    client, sidecar = await played(stage, script)
    last = client.lasts("a")[0]
    require(last.get("code") == "broken_stream", f"it ended otherwise: {last}")
    require(len(sidecar.lines) >= 3, "it gave up earlier")
