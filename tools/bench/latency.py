"""What a request waits on each way to a model: our transports and llama-server, in turns."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import msgspec

from bridge.client import AsyncHearsay, HearsayError
from bridge.client.options import to_request
from tools.bench.figures import Figure, median, percentile, shorten
from tools.bench.load import TIMEOUT, Ask, Reply, Target, read_answer, reply_over
from tools.bench.peer import built_llama_server, llama_server_command
from tools.bench.places import BenchError, console
from tools.bench.scenes import strangers
from tools.bench.servers import free_port, hearsay, peer

PROMPT_TOKENS = 24
NEW_TOKENS = 32
CONTEXT = 2048
BATCH = 512

WARM_UP = 2
"""Turns that are not counted."""

SHIM = "our HTTP + SSE"

Replies = Mapping[str, Sequence[Reply]]
"""The counted replies of each way, by its name."""


@dataclass(frozen=True)
class Way:
    """One way to ask a model, and the name that the model has there."""

    name: str
    model: str
    ask: Callable[[Ask], Awaitable[Reply]]


def latency_figures(
    model: Path | None, *, requests: int, threads: int, environment: Mapping[str, str]
) -> Iterator[Figure]:
    """
    Ask a sidecar over each of its transports, and llama-server if it is built, in turns.

    None for a model leaves the choice to the environment, and llama-server out.
    """
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    options = ["--parallel", "1", "--ctx", str(CONTEXT), "--threads", str(threads)]
    with ExitStack() as servers:
        theirs = None
        if model and (command := _peer_command(model, threads)):
            theirs = servers.enter_context(peer(*command, dict(environment))).target
        running = hearsay(
            model=model, options=[*options, "--zeromq", endpoint], environment=dict(environment)
        )
        ours = servers.enter_context(running).target
        try:
            replies = asyncio.run(_take(ours, endpoint, theirs, requests))
        except HearsayError as error:
            raise BenchError(f"Our client failed: {error}") from error
    yield from figures_of(replies)


def figures_of(replies: Replies) -> Iterator[Figure]:
    """
    Yield what each way took to the first text, from text to text, and for a token, in ms.

    A gap says little where several texts are read at once; a token's mean time does.
    """
    for name, taken in replies.items():
        first = [reply.first * 1e3 for reply in taken]
        shim = [reply.first * 1e3 for reply in replies[SHIM]]
        more = median(one - other for one, other in zip(first, shim, strict=True))
        than = "" if name == SHIM else f"; {more:+.2f} ms to {SHIM}, turn by turn"
        seen = f"{shorten(min(first))} to {shorten(max(first))} ms, {len(first)} requests"
        yield _figure(f"first text, p50: {name}", percentile(first, 50), seen + than)
        yield _figure(f"first text, p95: {name}", percentile(first, 95), "")
    for name, taken in replies.items():
        gaps = [gap * 1e3 for reply in taken for gap in reply.gaps] or [0.0]
        texts = sum(len(reply.arrivals) for reply in taken)
        tokens = sum(reply.completion_tokens for reply in taken)
        seen = f"{texts} texts of {tokens} tokens"
        yield _figure(f"gap between texts, p50: {name}", percentile(gaps, 50), seen)
        yield _figure(f"gap between texts, p95: {name}", percentile(gaps, 95), "")
    for name, taken in replies.items():
        each = [reply.per_token * 1e3 for reply in taken]
        seen = f"{shorten(min(each))} to {shorten(max(each))} ms"
        yield _figure(f"a token after the first, p50: {name}", median(each), seen)


async def over_http(target: Target, ask: Ask) -> Reply:
    """Ask over SSE, on a connection that was used before, as a game's would have been."""
    reader, writer = await target.connect()
    try:
        async with asyncio.timeout(TIMEOUT):
            host = target.url.removeprefix("http://")
            writer.write(f"GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            await read_answer(reader)
            return await reply_over(reader, writer, target, ask)
    finally:
        writer.close()


async def over_client(client: AsyncHearsay, ask: Ask) -> Reply:
    """Ask through our client; unlike over SSE, its reading of the messages counts too."""
    request = to_request(msgspec.to_builtins(ask))
    async with asyncio.timeout(TIMEOUT):
        sent = perf_counter()
        job = await client.stream_chat_completions(request)
        arrivals = [perf_counter() async for text in job if text]
        usage = (await job).usage
    if not arrivals:
        raise BenchError("A reply over our protocol had no text")
    cached = usage.prompt_tokens_details.cached_tokens
    return Reply(sent, tuple(arrivals), usage.prompt_tokens, usage.completion_tokens, cached)


async def in_turns(ways: Sequence[Way], requests: int) -> dict[str, list[Reply]]:
    """
    Ask on every way in every turn, one request at a time, in an order drawn anew.

    No prompt comes twice, on whichever way, so that none is found in a cache.
    """
    replies: dict[str, list[Reply]] = {way.name: [] for way in ways}
    for turn in range(requests + WARM_UP):
        # A fixed circle would always put the same one behind the server that spins.
        order = random.Random(turn).sample(ways, len(ways))
        for place, way in enumerate(order):
            seed = turn * len(ways) + place
            ask = strangers(way.model, streams=1, prompt=PROMPT_TOKENS, new=NEW_TOKENS, seed=seed)[
                0
            ]
            reply = await way.ask(ask)
            if turn >= WARM_UP:
                replies[way.name].append(reply)
    return replies


async def _take(
    ours: Target, endpoint: str, theirs: Target | None, requests: int
) -> dict[str, list[Reply]]:
    async with AsyncExitStack() as clients:
        socket = await clients.enter_async_context(AsyncHearsay.connect(ours.url))
        queue = await clients.enter_async_context(AsyncHearsay.connect(endpoint))
        ways = [
            Way("our WebSocket", ours.model, lambda ask: over_client(socket, ask)),
            Way("our ZeroMQ", ours.model, lambda ask: over_client(queue, ask)),
            Way(SHIM, ours.model, lambda ask: over_http(ours, ask)),
        ]
        if theirs:
            their = theirs
            ways.append(Way("llama-server's SSE", their.model, lambda ask: over_http(their, ask)))
        console.print(f"{requests} requests on each of {len(ways)} ways, in turns …")
        return await in_turns(ways, requests)


def _peer_command(model: Path, threads: int) -> tuple[list[str], int] | None:
    binary = built_llama_server()
    if binary is None:
        console.print("llama-server is left out: it is not built; `make bench-peers` builds it.")
        return None
    port = free_port()
    command = llama_server_command(
        binary, model, port=port, slots=1, context=CONTEXT, batch=BATCH, threads=threads
    )
    return command, port


def _figure(name: str, value: float, spread: str) -> Figure:
    return Figure(name=name, value=value, unit="ms", spread=spread)
