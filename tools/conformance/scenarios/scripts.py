"""What a scripted sidecar says of jobs: text, overlaps, gaps, and two last messages."""

from __future__ import annotations

from tools.conformance.driver import Client, require
from tools.conformance.script import Line, Script, Scripted
from tools.conformance.stage import Stage, request, scenario

TEXT = "A dragón 🐉 says: e\u0301 "
"""Umlauts, an emoji, a letter of two code points."""


async def played(stage: Stage, script: Script) -> tuple[Client, Scripted]:
    """Connect a client to a script and let it stream job a; return both at the job's end."""
    sidecar = await stage.scripted(script)
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=request())
    await client.last("a")
    await client.do("close")
    await client.until("closed")
    client.require_one_end("a")
    require(not sidecar.faults, f"the client spoke out of turn: {sidecar.faults}")
    return client, sidecar


@scenario
async def hello_first(stage: Stage) -> None:
    """Hello comes first, with protocol and token, and nothing before the welcome."""

    async def script(line: Line) -> None:
        hello = await line.expect("hello")
        require(hello.get("protocol") == 1, "hello does not say protocol 1")
        require(hello.get("token") == "a token", "hello does not bring the token")
        await line.say("pong")  # Anything would do: nothing may follow before the welcome.
        require(await line.next() is None, "it went on without a welcome")

    async def patient(line: Line) -> None:
        if line.number == 0:
            await script(line)
            return
        await line.welcome()
        await line.expect("submit_chat")
        await line.done("a", "")
        await line.left()

    await played(stage, patient)


@scenario
async def code_points(stage: Stage) -> None:
    """Offsets count code points, however the text is cut between them."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        for end, character in enumerate(TEXT, 1):
            await line.chunk("a", character, end)
        await line.done("a", TEXT)
        await line.left()

    client, _ = await played(stage, script)
    require(client.text("a") == TEXT, f"it read {client.text('a')!r}")


@scenario
async def overlap(stage: Stage) -> None:
    """Text that comes again is dropped up to where it is new; offsets are told on resume."""

    async def script(line: Line) -> None:
        hello = await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
            await line.chunk("a", TEXT[:9], 9)
            await line.chunk("a", TEXT[4:12], 12)
            await line.next_ping()
            await line.close()
            return
        seen = hello["resume"].get("seen", [])
        told = [(each["job"], each["offsets"]) for each in seen]
        require(told == [("a", [12])], f"it has 12 code points of job a and says {told}")
        await line.chunk("a", TEXT, len(TEXT))
        await line.done("a", TEXT)
        await line.left()

    client, _ = await played(stage, script)
    require(client.text("a") == TEXT, f"it read {client.text('a')!r}")


@scenario
async def gap(stage: Stage) -> None:
    """A missing piece of text fails the job as `broken_stream`; it is never skipped."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        await line.chunk("a", "Once ", 5)
        await line.chunk("a", "a time", 16)
        await line.expect("cancel_job")
        await line.done("a", "Once upon a time", "cancelled")
        await line.left()

    client, _ = await played(stage, script)
    require(client.lasts("a")[0].get("code") == "broken_stream", f"{client.lasts('a')}")
    require(client.text("a") == "Once ", f"it read {client.text('a')!r}")


@scenario
async def cut_short(stage: Stage) -> None:
    """A stream whose end was not streamed is no success."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        await line.chunk("a", "Once ", 5)
        await line.done("a", "Once upon a time")
        await line.left()

    client, _ = await played(stage, script)
    require(client.lasts("a")[0].get("code") == "broken_stream", f"{client.lasts('a')}")


@scenario
async def one_last_message(stage: Stage) -> None:
    """Nothing after a job's last message is heard."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        await line.chunk("a", "Hi", 2)
        await line.done("a", "Hi")
        await line.chunk("a", "!", 3)
        await line.say("job_failed", job="a", code="internal", message="Too late")
        await line.done("a", "Hi!")
        await line.left()

    client, _ = await played(stage, script)
    require(client.text("a") == "Hi", f"it read {client.text('a')!r}")


@scenario
async def cancel_crosses_the_end(stage: Stage) -> None:
    """A cancel that meets the job's last message on the way, and the fault it earns, do no harm."""

    async def script(line: Line) -> None:
        await line.welcome()
        await line.expect("submit_chat")
        await line.chunk("a", "Hi", 2)
        await line.expect("cancel_job")
        await line.done("a", "Hi")
        await line.say("fault", code="unknown_job", message="There is none", param="job")
        await line.left()

    sidecar = await stage.scripted(script)
    client = await stage.connected(sidecar)
    await client.do("stream", job="a", request=request())
    await client.until("chunk", job="a")
    await client.do("cancel", job="a")
    require((await client.last("a"))["reasons"] == ["stop"], "the end was not what was told")
    await client.until("fault")
    client.require_one_end("a")


@scenario
async def let_pass(stage: Stage) -> None:
    """What the sidecar let pass in a request is told once, also when it comes again."""
    slips = ["unknown field 'request.temperatur' (did you mean 'temperature'?)"]

    async def script(line: Line) -> None:
        await line.welcome()
        if line.number == 0:
            await line.expect("submit_chat")
        await line.say("job_started", job="a", prompt_tokens=1, warnings=slips)
        if line.number == 0:
            await line.next_ping()
            await line.close()
            return
        await line.chunk("a", "Hi", 2)
        await line.done("a", "Hi")
        await line.left()

    client, _ = await played(stage, script)
    told = [event["warnings"] for event in client.all(saw="started")]
    require(told == [slips], f"it told {told}")


@scenario
async def from_the_future(stage: Stage) -> None:
    """Messages and fields that this client does not know are ignored."""

    async def script(line: Line) -> None:
        await line.welcome(mood="fine")
        await line.expect("submit_chat")
        await line.say("job_sung", job="a", melody=[1, 2, 3])
        await line.chunk("a", "Hi", 2, colour="red")
        await line.say("weather", rain=True)
        await line.done("a", "Hi")
        await line.left()

    client, sidecar = await played(stage, script)
    require(client.text("a") == "Hi", f"it read {client.text('a')!r}")
    require(len(sidecar.lines) == 1, "it hung up on them")
