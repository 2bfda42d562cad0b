"""Tokens per second and time to the first: of one server, or of two in turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tools.bench.figures import Figure, Goal, median, paired_ratios, percentile, span
from tools.bench.load import Ask, Run, Target, run
from tools.bench.places import console
from tools.bench.scenes import strangers, tavern

PROMPT_TOKENS = 128
NEW_TOKENS = 96

Requests = Callable[[str, int], list[Ask]]
"""Makes the requests of a round out of a model's name and a seed."""

Rounds = Mapping[str, Sequence[Run]]
"""The runs of each server, by its name."""


@dataclass(frozen=True)
class Metric:
    """A number that a run yields; the goal is for ours divided by the peer's."""

    name: str
    unit: str
    of: Callable[[Run], float]
    goal: Goal | None = None


@dataclass(frozen=True)
class Task:
    """Something to ask of a server, and what to read off its runs; short ones are asked oftener."""

    name: str
    requests: Requests
    metrics: tuple[Metric, ...]
    repeats: int = 1


def _streams(count: int) -> Requests:
    def requests(model: str, seed: int) -> list[Ask]:
        return strangers(model, streams=count, prompt=PROMPT_TOKENS, new=NEW_TOKENS, seed=seed)

    return requests


def _scene(model: str, seed: int) -> list[Ask]:
    return tavern(model, seed=seed)


def _gap(run: Run, percent: float) -> float:
    """Return a percentile of all gaps in ms; 0 where a server sends a reply in one piece."""
    return percentile([gap for each in run.replies for gap in each.gaps] or [0.0], percent) * 1e3


_THROUGHPUT = Metric("throughput", "tokens/s", lambda run: run.throughput, Goal(least=0.97))
_DECODE = Metric("once they write", "tokens/s", lambda run: run.decode_throughput)
_FIRST = Metric("first token, p50", "s", lambda run: median(each.first for each in run.replies))
_LAST_FIRST = Metric("first token, max", "s", lambda run: max(each.first for each in run.replies))
_GAP = Metric(
    "gap between texts, p95",
    "ms",
    lambda run: _gap(run, 95),
)
_QUICKEST = Metric(
    "gap between texts, p5",
    "ms",
    lambda run: _gap(run, 5),
)
_WALL = Metric("wall", "s", lambda run: run.wall)
_READ = Metric("prompt tokens read", "", lambda run: run.prompt_tokens_read)

TASKS = (
    Task("8 streams", _streams(8), (_THROUGHPUT, _DECODE, _FIRST, _LAST_FIRST, _GAP)),
    Task("1 stream", _streams(1), (_THROUGHPUT, _DECODE, _FIRST, _QUICKEST), repeats=3),
    Task("tavern", _scene, (_FIRST, _LAST_FIRST, _WALL, _READ)),
)


def measure(targets: Mapping[str, Target], task: Task, rounds: int) -> dict[str, list[Run]]:
    """
    Give a task to every server in every round, and return their runs.

    Both get the same prompts and seeds. Who is first changes from round to round, and the first
    round of all is not counted, so that no order and no cold start favours anybody.
    """
    runs: dict[str, list[Run]] = {name: [] for name in targets}
    rounds *= task.repeats
    for number in range(rounds + 1):
        order = sorted(targets, reverse=number % 2 == 0)
        for name in order:
            target = targets[name]
            done = asyncio.run(run(target, task.requests(target.model, number)))
            shown = f"{done.throughput:.1f} tokens/s"
            if number:
                runs[name].append(done)
                console.print(f"  {task.name}, round {number} of {rounds}: {name} {shown}")
    return runs


def figures_of_one(task: Task, label: str, runs: Sequence[Run]) -> Iterator[Figure]:
    """Yield the medians of a server's runs."""
    for metric in task.metrics:
        values = [metric.of(run) for run in runs]
        yield Figure(
            name=f"{label}{task.name}: {metric.name}",
            value=median(values),
            unit=metric.unit,
            spread=span(values),
        )


def figures_of_two(
    task: Task, label: str, ours: Sequence[Run], theirs: Sequence[Run]
) -> Iterator[Figure]:
    """Yield the medians of paired ratios, ours / theirs, with both sides' medians beside them."""
    for metric in task.metrics:
        our_values = [metric.of(run) for run in ours]
        their_values = [metric.of(run) for run in theirs]
        ratios = paired_ratios(our_values, their_values)
        yield Figure(
            name=f"{label}{task.name}: {metric.name}",
            value=median(ratios),
            unit="x",
            goal=metric.goal,
            spread=f"{_plain(our_values)} against {_plain(their_values)} {metric.unit}".rstrip()
            + f"; {span(ratios)}",
        )


def _plain(values: Sequence[float]) -> str:
    return f"{median(values):.4g}"
