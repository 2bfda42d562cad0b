"""The scenes that games need, beside llama-server: what is asked of both, and what is read off."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from tools.bench.busy import Frames, game, spinner
from tools.bench.figures import Figure, Goal, median, paired_ratios, shorten, span
from tools.bench.load import Ask, Message, Reply, Run, Target, run
from tools.bench.places import console
from tools.bench.recital import repeat
from tools.bench.scenes import strangers, tavern, words

SETTLE_SECONDS = 1.5
"""How long the machine is left alone before every run: who comes next is to find it quiet."""

ALONE_SECONDS = 3.0
"""How long a game is left alone after every run, to see what it takes by itself."""

OURS = "Hearsay"
THEIRS = "llama-server"

Targets = Mapping[str, Target]
Measured = Mapping[str, Sequence[Run]]
Requests = Callable[[str, int], list[Ask]]


@dataclass(frozen=True)
class Reading:
    """A number read off a run; the goal is for ours divided by the rival's."""

    name: str
    of: Callable[[Run], float]
    unit: str = ""
    goal: Goal | None = None


def first_p50(of: Run) -> float:
    """Return the median of the replies' first tokens, in seconds."""
    return median(reply.first for reply in of.replies)


def first_max(of: Run) -> float:
    """Return the latest of the replies' first tokens, in seconds."""
    return max(reply.first for reply in of.replies)


def longest_gap(of: Run) -> float:
    """Return the longest silence within any reply, in seconds."""
    return max(max(reply.gaps) for reply in of.replies)


WALL = Reading("wall", lambda of: of.wall, "s")
SPEED = Reading("tokens per second", lambda of: of.throughput)
FIRST = Reading("first token, p50", first_p50, "s")
LATEST = Reading("first token, latest", first_max, "s")

READINGS = {
    "tavern": (
        replace(FIRST, goal=Goal(below=0.25)),
        replace(LATEST, goal=Goal(below=0.30)),
        replace(WALL, goal=Goal(below=0.40)),
    ),
    "second turn": (replace(FIRST, goal=Goal(below=1.05)), replace(WALL, goal=Goal(below=1.05))),
    "8 unrelated": (replace(SPEED, goal=Goal(least=0.97)), FIRST),
    "8 unrelated, its split cache": (replace(SPEED, goal=Goal(least=0.85)), FIRST),
    "one stream, full": (
        replace(SPEED, goal=Goal(least=0.97)),
        replace(FIRST, goal=Goal(below=1.1)),
    ),
    "beside a spinning core": (replace(SPEED, goal=Goal(least=3.0)), FIRST),
    "long prompt while 4 write": (
        Reading("longest gap", longest_gap, "s", Goal(below=0.35)),
        SPEED,
    ),
    "repetitive text": (replace(SPEED, goal=Goal(least=1.5)), FIRST),
}
"""What is read off each scene's runs; the scene beside a game has figures of its own."""


def in_turns(
    name: str, targets: Targets, rounds: int, play: Callable[[str, int], Run]
) -> dict[str, list[Run]]:
    """Let both play in every round, in changing order; the first round only warms up."""
    runs: dict[str, list[Run]] = {who: [] for who in targets}
    for number in range(rounds + 1):
        for who in sorted(targets, reverse=number % 2 == 0):
            time.sleep(SETTLE_SECONDS)
            done = play(who, number)
            if number:
                runs[who].append(done)
                console.print(f"  {name}, round {number}: {who} {done.throughput:.1f} tokens/s")
    return runs


def figures(name: str, runs: Measured) -> Iterator[Figure]:
    """Yield the medians of paired ratios, ours / theirs."""
    for reading in READINGS[name]:
        ours, theirs = ([reading.of(each) for each in runs[who]] for who in (OURS, THEIRS))
        ratios = paired_ratios(ours, theirs)
        both = f"{shorten(median(ours))} against {shorten(median(theirs))} {reading.unit}".rstrip()
        yield Figure(
            name=f"{name}: {reading.name}",
            value=median(ratios),
            unit="x",
            goal=reading.goal,
            spread=f"{both}; {span(ratios)}",
        )


def _ask(targets: Targets, requests: Requests) -> Callable[[str, int], Run]:
    """Return what sends all requests of a round to somebody at once."""

    def play(who: str, number: int) -> Run:
        target = targets[who]
        return asyncio.run(run(target, requests(target.model, number)))

    return play


def _strangers(*, streams: int, prompt: int, new: int) -> Requests:
    def requests(model: str, seed: int) -> list[Ask]:
        return strangers(model, streams=streams, prompt=prompt, new=new, seed=seed)

    return requests


def play_tavern(targets: Targets, rounds: int) -> Iterator[Figure]:
    """Characters who share a world speak all at once, and then answer another question."""
    seconds: dict[str, list[Run]] = {who: [] for who in targets}

    def play(who: str, number: int) -> Run:
        asks = tavern(targets[who].model, seed=number)
        first = asyncio.run(run(targets[who], asks))
        second = asyncio.run(run(targets[who], [*map(_go_on, asks, first.replies)]))
        if number:
            seconds[who].append(second)
        return first

    yield from figures("tavern", in_turns("tavern", targets, rounds, play))
    yield from figures("second turn", seconds)


def _go_on(ask: Ask, reply: Reply) -> Ask:
    question = words(12, random.Random(f"again, {ask.seed}"))
    more = [Message("assistant", reply.text), Message("user", question)]
    return msgspec.structs.replace(ask, messages=[*ask.messages, *more])


def play_unrelated(name: str, targets: Targets, rounds: int) -> Iterator[Figure]:
    """Eight prompts that share nothing."""
    play = _ask(targets, _strangers(streams=8, prompt=128, new=96))
    yield from figures(name, in_turns(name, targets, rounds, play))


def play_alone(targets: Targets, rounds: int) -> Iterator[Figure]:
    """One reply, with all of the machine."""
    name = "one stream, full"
    play = _ask(targets, _strangers(streams=1, prompt=128, new=128))
    yield from figures(name, in_turns(name, targets, rounds * 3, play))


def play_beside_spinner(targets: Targets, rounds: int) -> Iterator[Figure]:
    """Two replies while another program takes a whole core."""
    name = "beside a spinning core"
    play = _ask(targets, _strangers(streams=2, prompt=32, new=32))
    with spinner():
        yield from figures(name, in_turns(name, targets, rounds, play))


def play_long_prompt(targets: Targets, rounds: int) -> Iterator[Figure]:
    """Four replies are being written when somebody comes with 3,000 tokens to read."""
    name = "long prompt while 4 write"

    def play(who: str, number: int) -> Run:
        return asyncio.run(_interrupted(targets[who], number))

    yield from figures(name, in_turns(name, targets, rounds, play))


async def _interrupted(target: Target, seed: int) -> Run:
    asks = strangers(target.model, streams=4, prompt=64, new=160, seed=seed)
    text = words(3000, random.Random(f"long, {seed}"))
    messages = [Message("user", text)]
    writing = asyncio.create_task(run(target, asks))
    await asyncio.sleep(1.5)
    await run(target, [Ask(model=target.model, messages=messages, max_tokens=4, seed=seed)])
    return await writing


def play_repetition(targets: Targets, rounds: int, words: Sequence[str]) -> Iterator[Figure]:
    """A quest log of 240 words is said again, with one word in 24 another than before."""
    name = "repetitive text"

    def requests(model: str, seed: int) -> list[Ask]:
        return [repeat(model, words, seed=seed)]

    yield from figures(name, in_turns(name, targets, rounds, _ask(targets, requests)))


def play_beside_game(targets: Targets, rounds: int, cores: int) -> Iterator[Figure]:
    """Two replies beside a game that works for 8 ms of every frame on every core."""
    name = "beside a game"
    play = _ask(targets, _strangers(streams=2, prompt=64, new=96))
    times: dict[str, list[tuple[float, float]]] = {who: [] for who in (*targets, "alone")}

    def timed(who: str, number: int) -> Run:
        start = time.monotonic()
        done = play(who, number)
        end = time.monotonic()
        if number:
            times[who].append((start, end))
            time.sleep(ALONE_SECONDS)
            times["alone"].append((end + ALONE_SECONDS / 6, time.monotonic()))
        return done

    with game(cores) as played:
        runs = in_turns(name, targets, rounds, timed)
    frames = {
        who: Frames([seconds for stretch in of for seconds in played.between(*stretch).seconds])
        for who, of in times.items()
    }
    yield from _frame_figures(name, frames)
    ours, theirs = ([each.throughput for each in runs[who]] for who in (OURS, THEIRS))
    yield Figure(
        name=f"{name}: tokens per second",
        value=median(paired_ratios(ours, theirs)),
        unit="x",
        goal=Goal(least=1.1),
        spread=f"{shorten(median(ours))} against {shorten(median(theirs))}",
    )


def _frame_figures(name: str, frames: Mapping[str, Frames]) -> Iterator[Figure]:
    ours, theirs, alone = (frames[who] for who in (OURS, THEIRS, "alone"))
    yield Figure(
        name=f"{name}: frames missed, beyond the game alone",
        value=(ours.missed - alone.missed) * 100,
        unit="%",
        goal=Goal(below=0.5),
        spread=f"{ours.missed:.1%} against {theirs.missed:.1%}; alone {alone.missed:.1%}, "
        f"{len(ours.seconds)} frames",
    )
    yield Figure(
        name=f"{name}: frame p99, of the game alone",
        value=ours.p99 / alone.p99,
        unit="x",
        goal=Goal(below=1.3),
        spread=f"{ours.p99 * 1e3:.1f} ms against {theirs.p99 * 1e3:.1f} ms; "
        f"alone {alone.p99 * 1e3:.1f} ms",
    )
