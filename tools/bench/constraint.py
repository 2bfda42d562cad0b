"""What it costs a token to be held to a form: by itself, and beside llama-server's grammar."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter

from bridge.engine.constraint import Constraint
from tools.bench.figures import Figure, Goal, span
from tools.bench.load import Ask, Message, Run, Target, run
from tools.bench.places import console

TOKENS = 96

Times = list[tuple[float, float, float]]
"""Milliseconds of each token: its mask alone, to choose it held, to choose a free one."""

SCHEMA = {
    "type": "array",
    "minItems": 12,
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "maxLength": 20},
            "mood": {"enum": ["glad", "sad", "angry"]},
            "price": {"type": "integer", "minimum": 0, "maximum": 999},
            "says": {"type": "string", "maxLength": 40},
        },
        "required": ["name", "mood", "price", "says"],
        "additionalProperties": False,
    },
}
"""Long enough for all tokens that are asked for, and with what games ask for."""


class HeldAsk(Ask, frozen=True, kw_only=True):
    """A request whose reply must have a form, or null where it is free."""

    response_format: object = None


def constraint_figures(
    model: Path, targets: dict[str, Target], rounds: int, threads: int
) -> Iterator[Figure]:
    """Yield what a constraint adds to a token in the engine, then in each server."""
    console.print("The engine, a token at a time …")
    yield from _in_the_engine(model, rounds, threads)
    console.print("Servers, free and held replies in turns …")
    added: dict[str, list[float]] = {name: [] for name in targets}
    for number in range(rounds + 1):
        for name, target in targets.items():
            free = _per_token(target, number, held=False)
            held = _per_token(target, number, held=True)
            if number:  # The first round warms up.
                added[name].append(1000 * (held - free))
    for name, samples in added.items():
        yield Figure(
            name=f"constraint, {name}: a held token more than a free one",
            value=median(samples),
            unit="ms",
            spread=span(samples),
        )
    if len(added) == 2:
        ours, theirs = added.values()
        yield Figure(
            name="constraint: what it adds to ours less what it adds to theirs",
            value=median(ours) - median(theirs),
            unit="ms",
            goal=Goal(below=0),
        )


def _per_token(target: Target, number: int, *, held: bool) -> float:
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    ask = HeldAsk(
        model=target.model,
        messages=[Message("user", f"Number {number}: what do you sell?")],
        max_tokens=TOKENS,
        seed=number,
        response_format=form if held else None,
    )
    result: Run = asyncio.run(run(target, [ask]))
    return result.replies[0].per_token


def _in_the_engine(model: Path, rounds: int, threads: int) -> Iterator[Figure]:
    from bridge.engine.guidance import GuidanceCompiler
    from bridge.engine.llama.backend import LlamaBackend, LlamaOptions
    from bridge.grammar.lark import json_rule

    options = LlamaOptions(
        path=model, slots=1, context=1024, threads=threads, gpu_layers=0, safe=True
    )
    backend = LlamaBackend(options, lambda _: None)
    started = perf_counter()
    compiler = GuidanceCompiler(backend.token_table)
    yield Figure(
        name="constraint: to read the vocabulary", value=perf_counter() - started, unit="s"
    )
    started = perf_counter()
    constraint = compiler.compile(f"start: {json_rule(SCHEMA)}")
    yield Figure(
        name="constraint: to compile a schema", value=1000 * (perf_counter() - started), unit="ms"
    )
    yield from _told([_chosen(_Trial(backend, seed), constraint.copy()) for seed in range(rounds)])


def _told(trials: Sequence[Times]) -> Iterator[Figure]:
    masks, held, free = ([each[which] for trial in trials for each in trial] for which in range(3))
    more = [ours - theirs for ours, theirs in zip(held, free, strict=True)]
    yield _milliseconds("constraint: the mask of a token", masks)
    yield _milliseconds("constraint: to choose a free token", free)
    yield _milliseconds("constraint: to choose a held token", held)
    yield _milliseconds("constraint: a held token more than a free one", more, Goal(below=0.3))


def _chosen(trial: _Trial, constraint: Constraint) -> Times:
    """Choose each token of a reply twice; return the milliseconds that it took."""
    times: Times = []
    while len(trial.tokens) < TOKENS and not constraint.finished:
        begun = perf_counter()
        allowed = constraint.allowed()
        masked = perf_counter()
        token = trial.sample(allowed)
        constraint.accept(token)
        chosen = perf_counter()
        trial.sample(None)
        ended = perf_counter()
        times.append((1000 * (masked - begun), 1000 * (chosen - begun), 1000 * (ended - chosen)))
        trial.read(token)
    trial.close()
    return times


class _Trial:
    """One reply that is chosen twice at each place, with and without its form."""

    def __init__(self, backend: object, seed: int) -> None:
        from bridge.engine.llama.backend import LlamaBackend
        from bridge.protocol import Sampling

        assert isinstance(backend, LlamaBackend)  # noqa: S101 - imported only here
        self._backend = backend
        sampling = Sampling(temperature=0.8, top_k=40)
        self._samplers = [
            backend.sampler(sampling, seed=seed, ignore_eos=True, history=[]) for _ in range(2)
        ]
        self.tokens: list[int] = []
        self.read(1000 + seed)

    def sample(self, allowed: bytes | None) -> int:
        """Choose the next token."""
        return self._backend.sample(0, self._samplers[allowed is None], allowed)

    def read(self, token: int) -> None:
        """Go on by a token."""
        from bridge.engine.batch import Batch

        batch = Batch(1, tokens=[token], positions=[len(self.tokens)], slots=[0], wanted=[0])
        self._backend.decode(batch)
        self.tokens.append(token)

    def close(self) -> None:
        """Forget everything."""
        self._backend.forget(0, 0)
        for sampler in self._samplers:
            sampler.close()


def _milliseconds(name: str, samples: Sequence[float], goal: Goal | None = None) -> Figure:
    return Figure(name=name, value=median(samples), unit="ms", goal=goal, spread=span(samples))
