"""Jobs with a real sidecar: their order, their end, and what cancels them."""

from __future__ import annotations

from tools.conformance.driver import Client, require
from tools.conformance.stage import Stage, endless, request, scenario


def require_whole(client: Client, job: str) -> None:
    """Raise FailureError unless a job ended well, once, and its chunks are its text."""
    client.require_one_end(job)
    (last,) = client.lasts(job)
    require(last["saw"] == "done", f"job {job} failed: {last}")
    for index, text in enumerate(last["texts"]):
        heard = client.text(job, index)
        require(heard == text, f"choice {index} of job {job} was streamed as {heard[:80]!r}")


@scenario
async def order(stage: Stage) -> None:
    """Three streams at once: each is told as started, written in order, done; each once."""
    client = await stage.connected(await stage.sidecar())
    jobs = ("a", "b", "c")
    for job in jobs:
        await client.do("stream", job=job, request=request())
    for job in jobs:
        await client.last(job)
    await client.settle()
    for job in jobs:
        require_whole(client, job)
        kinds = [event["saw"] for event in client.all(job=job)]
        require(kinds[0] == "started", f"job {job} began with {kinds[0]}")
        require(kinds.count("started") == 1, f"job {job} started more than once")
        require(kinds.count("chunk") > 1, f"job {job} was not streamed")


@scenario
async def plain_reply(stage: Stage) -> None:
    """A reply that is not streamed comes in one piece, without chunks."""
    client = await stage.connected(await stage.sidecar())
    await client.do("ask", job="a", request=request())
    last = await client.last("a")
    require(last["saw"] == "done" and last["texts"][0], f"no reply came: {last}")
    require(not client.all(saw="chunk"), "chunks came that nobody asked for")
    client.require_one_end("a")


@scenario
async def choices(stage: Stage) -> None:
    """Several choices of one job are told apart."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=request(n=3))
    last = await client.last("a")
    require(len(last["texts"]) == 3, f"three choices were asked for: {last}")
    require_whole(client, "a")


@scenario
async def cancel_while_it_runs(stage: Stage) -> None:
    """A cancelled reply ends where it is, as done with the reason `cancelled`."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=endless())
    await client.until("chunk", job="a")
    await client.do("cancel", job="a")
    last = await client.last("a")
    require(last.get("reasons") == ["cancelled"], f"it ended otherwise: {last}")
    await client.settle()
    require_whole(client, "a")


@scenario
async def cancel_at_once(stage: Stage) -> None:
    """A cancel right behind the submit, and a second one, end the job once."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=endless())
    await client.do("cancel", job="a")
    await client.do("cancel", job="a")
    last = await client.last("a")
    require(last.get("reasons") == ["cancelled"], f"it ended otherwise: {last}")
    await client.settle()
    require_whole(client, "a")


@scenario
async def cancel_too_late(stage: Stage) -> None:
    """Cancelling what is over, or never was, changes nothing."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="a", request=request())
    await client.last("a")
    await client.do("cancel", job="a")
    await client.do("cancel", job="never was")
    await client.settle()
    require_whole(client, "a")


@scenario
async def cancel_one_of_many(stage: Stage) -> None:
    """Cancelling one job leaves the others alone."""
    client = await stage.connected(await stage.sidecar())
    for job in ("a", "b", "c"):
        await client.do("stream", job=job, request=endless() if job == "b" else request())
    await client.until("chunk", job="b")
    await client.do("cancel", job="b")
    for job in ("a", "b", "c"):
        await client.last(job)
        require_whole(client, job)
    require(client.lasts("b")[0]["reasons"] == ["cancelled"], "b was not cancelled")


@scenario
async def replace(stage: Stage) -> None:
    """A newer job with the same replace_key cancels the older."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="old", request=endless(), replace_key="bark")
    await client.until("chunk", job="old")
    await client.do("stream", job="new", request=request(), replace_key="bark")
    require((await client.last("old")).get("reasons") == ["cancelled"], "the old one went on")
    await client.last("new")
    for job in ("old", "new"):
        require_whole(client, job)


@scenario
async def options(stage: Stage) -> None:
    """Deadline, priority, character and tags are accepted."""
    client = await stage.connected(await stage.sidecar())
    await client.do(
        "stream",
        job="a",
        request=request(),
        deadline_ms=60_000,
        first_token_by_ms=60_000,
        priority="interactive",
        character="boris",
        tags={"scene": "tavern"},
        when_gone="continue",
    )
    await client.last("a")
    require_whole(client, "a")


@scenario
async def bad_request(stage: Stage) -> None:
    """A request of the wrong type, and one for no model, fail alone and with their codes."""
    client = await stage.connected(await stage.sidecar())
    await client.do("stream", job="good", request=endless())
    await client.until("chunk", job="good")
    await client.do("stream", job="typed", request=request(temperature="hot"))
    await client.do("ask", job="nobody", request={**request(), "model": "no/such"})
    for job, code in (("typed", "invalid_request"), ("nobody", "model_not_found")):
        last = await client.last(job)
        require(last.get("code") == code, f"job {job} ended otherwise: {last}")
        client.require_one_end(job)
    await client.do("cancel", job="good")
    await client.last("good")
    require_whole(client, "good")


@scenario
async def too_large(stage: Stage) -> None:
    """A request larger than the limit fails with `too_large`, and the next one is served."""
    client = await stage.connected(await stage.sidecar())
    huge = {**request(), "messages": [{"role": "user", "content": "x" * (2 << 20)}]}
    await client.do("stream", job="huge", request=huge)
    last = await client.last("huge")
    require(last.get("code") == "too_large", f"it ended otherwise: {last}")
    await client.do("stream", job="a", request=request())
    await client.last("a")
    require_whole(client, "a")


@scenario
async def questions(stage: Stage) -> None:
    """Status, models and a prefix to read ahead are answered."""
    client = await stage.connected(await stage.sidecar())
    await client.do("status")
    require((await client.until("status"))["sessions"] >= 1, "it does not count itself")
    await client.do("models")
    require((await client.until("models"))["models"], "no model is served")
    messages = [{"role": "system", "content": "You are Boris."}]
    await client.do("prepare", job="p", model=request()["model"], messages=messages)
    require((await client.last("p"))["saw"] == "done", "the prefix was not read")
