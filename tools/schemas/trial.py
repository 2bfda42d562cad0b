"""Replies to schemas at random, at a heat at which a model does not know what it says."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from jsonschema import Draft202012Validator

from bridge.engine.constraint import Compiler
from bridge.engine.engine import Engine
from bridge.engine.events import Ended, Order
from bridge.engine.guidance import GuidanceCompiler
from bridge.engine.llama.backend import LlamaBackend, LlamaOptions
from bridge.errors import HearsayError
from bridge.grammar.lark import json_rule
from bridge.protocol import FinishReason, Sampling
from tools.schemas.invent import Schema, invent_object

HEAT = Sampling(temperature=1.5)
SLOTS = 8


@dataclass
class Result:
    """What became of the replies."""

    asked: int = 0
    refused: int = 0
    """Schemas that were not compiled."""
    finished: int = 0
    cut: int = 0
    """Replies that were as long as they might be."""
    broken: int = 0
    """Replies that ended with an error."""
    tokens: int = 0
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)
    """Finished replies that are not valid: there must be none."""


class _Text:
    """Keeps what a reply says; it is an engine's `Flow`."""

    stopped = False
    forced: int | None = None
    answering = True

    def __init__(self) -> None:
        self.data = b""

    def push(self, token: int, piece: bytes) -> None:  # noqa: ARG002 - a flow is given both
        """Take in a token."""
        self.data += piece

    def finish(self) -> None:
        """Hold nothing back."""


def run(model: Path, count: int, *, seed: int, max_tokens: int, threads: int) -> Result:
    """Ask a model for replies to `count` schemas, eight at once."""
    options = LlamaOptions(
        path=model, slots=SLOTS, context=SLOTS * (max_tokens + 64), threads=threads,
        gpu_layers=0, safe=True,
    )  # fmt: skip
    backend = LlamaBackend(options, lambda _: None)
    engine = Engine(backend, time.monotonic)
    prompt = backend.tokenize("Answer with JSON.", special=False, start=True)
    result, started = Result(), time.monotonic()
    open_jobs: dict[str, tuple[Schema, _Text]] = {}
    orders = _orders(GuidanceCompiler(backend.token_table), prompt, count, seed, max_tokens, result)
    while True:
        while len(open_jobs) < SLOTS and (order := next(orders, None)):
            schema, flow, wanted = order
            open_jobs[wanted.job] = (schema, flow)
            engine.add(wanted)
        if not open_jobs:
            break
        for event in engine.step():
            if isinstance(event, Ended):
                result.tokens += event.sequence.written
                _judge(result, *open_jobs.pop(event.sequence.job), event)
    result.seconds = time.monotonic() - started
    return result


def _orders(
    compiler: Compiler, prompt: list[int], count: int, seed: int, most: int, result: Result
) -> Iterator[tuple[Schema, _Text, Order]]:
    random = Random(seed)
    for number in range(count):
        schema = invent_object(random)
        result.asked += 1
        try:
            constraint = compiler.compile(f"start: {json_rule(schema)}")
        except HearsayError:
            result.refused += 1
            continue
        flow = _Text()
        yield schema, flow, Order(
            job=str(number), index=0, prompt=prompt, sampling=HEAT, seed=number,
            max_tokens=most, constraint=constraint, flow=flow,
        )  # fmt: skip


def _judge(result: Result, schema: Schema, flow: _Text, event: Ended) -> None:
    if event.sequence.fault:
        result.broken += 1
    elif event.sequence.reason is FinishReason.LENGTH:
        result.cut += 1
    else:
        result.finished += 1
        if not valid(schema, flow.data):
            result.wrong.append(f"{json.dumps(schema)}\n    {flow.data!r}")


def valid(schema: Schema, data: bytes) -> bool:
    """Return whether a reply is JSON and valid, as the jsonschema package sees it."""
    try:
        value: Any = json.loads(data.decode("utf-8"))
    except ValueError:
        return False
    checker = Draft202012Validator.FORMAT_CHECKER
    return Draft202012Validator(schema, format_checker=checker).is_valid(value)
