"""Many characters, few places: memory, fairness, urgency and cancelling, on a real sidecar."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from pathlib import Path
from typing import Self

import psutil

from bridge.client import AsyncHearsay, Job
from bridge.protocol import Json, Priority
from tools.bench.figures import Figure, Goal, median
from tools.bench.places import BenchError
from tools.bench.scenes import words

Span = tuple[float, float]
"""When a job's first text came and when it ended, in seconds."""


@dataclass(frozen=True)
class Size:
    """How large the scenes are; the tests run smaller ones."""

    characters: int = 500
    rotation_seconds: float = 600.0
    jobs: int = 64
    background: int = 8
    repeats: int = 12
    prompt_words: int = 250
    new_tokens: int = 48


class Scene(StrEnum):
    """What can be measured by itself."""

    URGENT = "urgent"
    CANCEL = "cancel"
    FAIR = "fair"
    ROTATION = "rotation"


def crowd_figures(
    model: Path, small: Path, threads: int, size: Size, scenes: Sequence[Scene] = tuple(Scene)
) -> Iterator[Figure]:
    """Measure scenes: `small` is the model of the rotation, which is about memory."""
    for scene in scenes:
        yield from asyncio.run(_all(_played(scene, model, small, threads, size)))


def _played(
    scene: Scene, model: Path, small: Path, threads: int, size: Size
) -> AsyncIterator[Figure]:
    match scene:
        case Scene.URGENT:
            return _urgent(_options(model, size.background, threads), size)
        case Scene.CANCEL:
            return _cancelled(_options(model, 1, threads), size)
        case Scene.FAIR:
            return _fair(_options(model, 4, threads), size)
        case Scene.ROTATION:
            return _rotation(_options(small, 8, threads, "--remember-mb", "64"), size)


async def _all(figures: AsyncIterator[Figure]) -> list[Figure]:
    return [figure async for figure in figures]


@dataclass(frozen=True)
class _Options:
    model: Path
    arguments: Sequence[str]


def _options(model: Path, slots: int, threads: int, *more: str) -> _Options:
    arguments = ["--parallel", str(slots), "--threads", str(threads), *more]
    return _Options(model, arguments)


class _Tavern:
    """A sidecar of our own with one model."""

    def __init__(self, options: _Options) -> None:
        self._client = AsyncHearsay.launch(str(options.model), arguments=options.arguments)
        self._random = random.Random("tavern")
        self.model = ""

    async def __aenter__(self) -> Self:
        await self._client.open()
        self.model = (await self._client.models())[0].id
        await (await self.ask(words(20, self._random), 2))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    @property
    def processes(self) -> list[psutil.Process]:
        """The gateway and its worker."""
        sidecar = self._client._sidecar  # noqa: SLF001 - whose process it is, is nobody else's affair
        if sidecar is None:
            raise BenchError("The sidecar is not ours")
        gateway = psutil.Process(sidecar.pid)
        return [gateway, *gateway.children(recursive=True)]

    def memory(self) -> int:
        """Return the bytes that gateway and worker have to themselves."""
        return sum(process.memory_full_info().uss for process in self.processes)

    def words(self, number: int) -> str:
        """Return words that no cache has."""
        return words(number, self._random)

    async def ask(
        self, text: str, tokens: int, priority: Priority = Priority.NORMAL, lore: str = ""
    ) -> Job:
        """Begin a reply of exactly so many tokens."""
        messages: list[Json] = [{"role": "user", "content": text}]
        if lore:
            messages.insert(0, {"role": "system", "content": lore})
        request: dict[str, Json] = {
            "model": self.model,
            "messages": messages,
            "max_tokens": tokens,
            "ignore_eos": True,
            "temperature": 0,
        }
        return await self._client.stream_chat_completions(request, priority=priority)


async def _first_text(job: Job) -> None:
    async for text in job:
        if text:
            return


async def _urgent(options: _Options, size: Size) -> AsyncIterator[Figure]:
    """How long a player waits for the first word, on an idle engine and on one at work."""
    async with _Tavern(options) as tavern:

        async def wait() -> float:
            text = tavern.words(size.prompt_words)
            started = time.perf_counter()
            job = await tavern.ask(text, 4, Priority.INTERACTIVE)
            await _first_text(job)
            waited = time.perf_counter() - started
            await job
            return waited

        idle = [await wait() for _ in range(size.repeats)]
        order = (tavern.words(40), 3000, Priority.BACKGROUND)
        barks = await asyncio.gather(*(tavern.ask(*order) for _ in range(size.background)))
        await asyncio.gather(*map(_first_text, barks))
        busy = [await wait() for _ in range(size.repeats)]
        for bark in barks:
            bark.cancel()
        await asyncio.gather(*barks)
    yield Figure(
        name=f"interactive beside {size.background} background jobs: first token / idle engine's",
        value=median(busy) / median(idle),
        unit="",
        goal=Goal(below=1.3),
        spread=f"{median(busy) * 1e3:.0f} ms against {median(idle) * 1e3:.0f} ms, "
        f"slowest {max(busy) * 1e3:.0f} ms, {size.repeats} each",
    )


async def _cancelled(options: _Options, size: Size) -> AsyncIterator[Figure]:
    """How long a cancelled reply keeps its place, measured in steps of the same reply."""
    steps, after = [], 0
    async with _Tavern(options) as tavern:
        for _ in range(size.repeats):
            job = await tavern.ask(tavern.words(10), 3000)
            await _first_text(job)
            times = [time.perf_counter()]
            async for _text in job:
                times.append(time.perf_counter())
                if len(times) > 12:
                    break
            job.cancel()
            asked = time.perf_counter()
            after += len(await _texts(job))
            gap = (times[-1] - times[0]) / (len(times) - 1)
            steps.append((time.perf_counter() - asked) / gap)
    yield Figure(
        name="cancel: until the reply is over, in steps",
        value=median(steps),
        unit="steps",
        goal=Goal(below=2),
        spread=f"slowest {max(steps):.1f}, {after} texts came after {size.repeats} cancels",
    )


async def _texts(job: Job) -> list[str]:
    return [text async for text in job]


async def _fair(options: _Options, size: Size) -> AsyncIterator[Figure]:
    """
    Whether all of one priority are served alike.

    A job's service is its share of all that was written while it wrote, so that a machine whose
    speed drifts, as every machine's does, serves nobody better or worse by it.
    """
    async with _Tavern(options) as tavern:

        async def speak() -> Span:
            job = await tavern.ask(tavern.words(30), size.new_tokens)
            await _first_text(job)
            begun = time.perf_counter()
            await job
            return begun, time.perf_counter()

        spans = await asyncio.gather(*(speak() for _ in range(size.jobs)))
    begun = sorted(start for start, _ in spans)
    yield Figure(
        name=f"{size.jobs} jobs on 4 places: Jain's index of service",
        value=jain(shares(spans)),
        unit="",
        goal=Goal(least=0.95),
        spread=f"all ended; first texts came within {begun[-1] - begun[0]:.1f} s",
    )


def shares(spans: Sequence[Span]) -> list[float]:
    """Return what part of all that was written in each span its own job wrote, all alike long."""
    return [
        1
        / sum(
            max(min(end, last) - max(start, first), 0.0) / (last - first) for first, last in spans
        )
        for start, end in spans
    ]


def jain(values: Sequence[float]) -> float:
    """Return Jain's index of fairness (DEC-TR-301, 1984): 1 when all are alike, 1/n at worst."""
    return sum(values) ** 2 / (len(values) * sum(value * value for value in values))


async def _rotation(options: _Options, size: Size) -> AsyncIterator[Figure]:
    """Whether memory stays as it is while characters come and go."""
    async with _Tavern(options) as tavern:
        world = tavern.words(60)
        personas = [f"{world} {tavern.words(30)}" for _ in range(size.characters)]
        turns = count()
        samples: list[int] = []
        end = time.monotonic() + size.rotation_seconds

        async def speak() -> None:
            while time.monotonic() < end:
                turn = next(turns)
                lore = personas[turn % size.characters]
                await (await tavern.ask(tavern.words(8), 12, lore=lore))

        async def watch() -> None:
            while time.monotonic() < end:
                samples.append(await asyncio.to_thread(tavern.memory))
                await asyncio.sleep(size.rotation_seconds / 100)

        await asyncio.gather(watch(), *(speak() for _ in range(8)))
        spoken = next(turns)
    half = len(samples) // 2
    before, after = median(samples[half : half + half // 2]), median(samples[half + half // 2 :])
    yield Figure(
        name=f"{size.characters} characters on 8 places: memory, last quarter / the one before",
        value=after / before,
        unit="",
        goal=Goal(below=1.02),
        spread=f"{after / 1e6:.0f} MB after {spoken} replies in {size.rotation_seconds:.0f} s",
    )
