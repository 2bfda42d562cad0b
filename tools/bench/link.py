"""What the way from the engine to the client adds: worker, link, gateway, HTTP and SSE."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from bridge.engine.engine import Engine
from bridge.engine.events import Ended, Order, Written
from bridge.protocol import ChatMessage, Role, Sampling
from bridge.worker.loading import Loaded, load
from bridge.worker.options import WorkerOptions
from tools.bench.figures import Figure, Goal, median, percentile
from tools.bench.load import Ask, Reply, run
from tools.bench.scenes import strangers
from tools.bench.servers import Server, hearsay, processor_seconds

STEP_MS = 4.0
"""What the double of the model takes for a step, about a small model's share on a fast machine."""

NEW_TOKENS = 48
ROUNDS = 4
REPLIES_A_ROUND = 10


def link_figures() -> list[Figure]:
    """Compare an engine that is driven by hand with a whole Hearsay, one stream at a time."""
    loaded = load(_options(), safe=None, progress=lambda _: None)
    engine = Engine(loaded.backend, perf_counter)
    with hearsay(model=None, options=[], environment=_environment()) as server:
        run_one(server, _ask(server, 0))
        by_hand: list[Reply] = []
        by_wire: list[Reply] = []
        spent = -processor_seconds(server.gateway())
        for number in range(ROUNDS):
            # In turns, so that a busy minute of the machine falls on both.
            seeds = range(number * REPLIES_A_ROUND, (number + 1) * REPLIES_A_ROUND)
            by_hand += [drive(engine, loaded, _ask(server, seed)) for seed in seeds]
            by_wire += [run_one(server, _ask(server, seed)) for seed in seeds]
        spent += processor_seconds(server.gateway())
    return list(_figures(by_hand, by_wire, spent))


def _figures(by_hand: list[Reply], by_wire: list[Reply], spent: float) -> Iterator[Figure]:
    first = [reply.first * 1e3 for reply in by_wire]
    bare_first = median(reply.first for reply in by_hand) * 1e3
    token = [reply.per_token * 1e3 for reply in by_wire]
    bare_token = median(reply.per_token for reply in by_hand) * 1e3
    yield Figure(
        name="link and gateway, on the first token",
        value=median(first) - bare_first,
        unit="ms",
        goal=Goal(below=3),
        spread=f"{bare_first:.2f} ms without; 95 % within "
        f"{percentile(first, 95) - bare_first:.2f} ms, {len(first)} replies",
    )
    yield Figure(
        name="link and gateway, on every token",
        value=median(token) - bare_token,
        unit="ms",
        goal=Goal(below=0.3),
        spread=f"{bare_token:.2f} ms without; 95 % within "
        f"{percentile(token, 95) - bare_token:.2f} ms",
    )
    tokens = sum(reply.completion_tokens for reply in by_wire)
    yield Figure(name="  gateway's processor time, a token", value=spent / tokens * 1e3, unit="ms")


def run_one(server: Server, ask: Ask) -> Reply:
    """Return the reply to one request over HTTP."""
    return asyncio.run(run(server.target, [ask])).replies[0]


def drive(engine: Engine, loaded: Loaded, ask: Ask) -> Reply:
    """Return the reply that an engine writes when nothing stands between it and the caller."""
    sent = perf_counter()
    messages = [ChatMessage(role=Role.USER, content=ask.messages[0].content)]
    prompt = loaded.prompts.read(loaded.prompts.render(messages, {}))
    engine.add(
        Order(
            job=str(ask.seed),
            index=0,
            prompt=prompt,
            sampling=Sampling(temperature=ask.temperature, top_k=ask.top_k),
            seed=ask.seed,
            max_tokens=ask.max_tokens,
            ignore_eos=True,
        )
    )
    arrivals: list[float] = []
    while True:
        events = engine.step()
        now = perf_counter()
        arrivals += [now for event in events if isinstance(event, Written)]
        if any(isinstance(event, Ended) for event in events):
            return Reply(sent, tuple(arrivals), len(prompt), ask.max_tokens, 0)


def _ask(server: Server, seed: int) -> Ask:
    return strangers(server.target.model, streams=1, prompt=24, new=NEW_TOKENS, seed=seed)[0]


def _options() -> WorkerOptions:
    return WorkerOptions(path=Path(), backend="fake", fake_step_ms=STEP_MS)


def _environment() -> dict[str, str]:
    return {"HEARSAY_BACKEND": "fake", "HEARSAY_FAKE_STEP_MS": str(STEP_MS)}
