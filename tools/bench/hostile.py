"""What other people's streams notice while somebody sends a form that is much too much."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from time import perf_counter

import msgspec

from tools.bench.figures import Figure, Goal, median, percentile, span
from tools.bench.load import Ask, Message, Target, read_answer
from tools.bench.places import BenchError, console

STREAMS = 2

WINDOW_SECONDS = 1.0
"""How long gaps are collected, alone and beside a form: of more gaps the longest is longer."""

FORMS_AT_A_TIME = 3
"""Before so many windows with a form there is one without any."""

NEW_TOKENS = 1200

PLAIN = "no form at all"
"""A request like the others, to be held against them: its prompt too is read beside the streams."""

Form = Mapping[str, object]


@dataclass
class Window:
    """The longest gap of one window, all of its gaps, and how long a form's answer took."""

    gaps: list[float]
    answered: float = 0.0

    @property
    def longest(self) -> float:
        """The longest gap, in milliseconds."""
        return 1000 * max(self.gaps)


@dataclass
class _Stream:
    """A reply that goes on for ever; `gaps` are those of its texts, with the time of each."""

    gaps: list[tuple[float, float]] = field(default_factory=list)

    async def run(self, target: Target, number: int) -> None:
        """Ask for one long reply after the other."""
        turn = 0
        while True:
            turn += 1
            ask = Ask(
                model=target.model,
                messages=[Message("user", f"Tell me story {turn} of teller {number}.")],
                max_tokens=NEW_TOKENS,
                seed=turn,
            )
            reader, writer = await target.connect()
            try:
                writer.write(target.request(msgspec.json.encode(ask)))
                await self._listen(reader)
            finally:
                writer.close()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        await reader.readuntil(b"\r\n\r\n")
        last: float | None = None
        while size := int(await reader.readuntil(b"\r\n"), 16):
            data = await reader.readexactly(size + 2)
            if b'"content":"' in data:
                now = perf_counter()
                if last is not None:
                    self.gaps.append((now, now - last))
                last = now


def hostile_figures(target: Target, rounds: int) -> Iterator[Figure]:
    """Yield the ordinary longest gap, then for each form the gap beside it and its answer."""
    console.print(f"{STREAMS} streams, alone and beside hostile forms, in turns …")
    alone, beside = asyncio.run(_measure(target, rounds))
    console.print(
        f"Windows of {WINDOW_SECONDS:g} s: {len(alone)} alone, {rounds} beside each form."
    )
    yield from figures_of(alone, beside)


def figures_of(alone: Sequence[Window], beside: Mapping[str, Sequence[Window]]) -> Iterator[Figure]:
    """
    Compare the longest gaps of windows of the same length: medians of several, alone and beside.

    One gap alone says little: on a machine that others use, some are long without any form.
    """
    ordinary = [window.longest for window in alone]
    all_gaps = [1000 * gap for window in alone for gap in window.gaps]
    yield _milliseconds("the longest gap of a window, alone", ordinary)
    yield Figure(name="hostile: 99 % of all gaps, alone", value=percentile(all_gaps, 99), unit="ms")
    for name, windows in beside.items():
        longest = [window.longest for window in windows]
        yield _milliseconds(f"the longest gap beside {name}", longest)
        yield Figure(
            name=f"hostile: the longest gap beside {name} / alone",
            value=median(longest) / median(ordinary),
            unit="",
            goal=None if name == PLAIN else Goal(below=2),
        )
        answered = [window.answered for window in windows]
        yield Figure(
            name=f"hostile: the answer to {name}",
            value=max(answered),
            unit="s",
            goal=Goal(below=2),
            spread=span(answered),
        )


def forms(mark: str) -> dict[str, Form]:
    """Return forms that nobody has sent before, as the mark is new."""
    words = [f"{mark}{number}" for number in range(9000)]
    levels: dict[str, Form] = {f"{mark}0": {"type": "integer", "maximum": len(mark)}}
    for level in range(24):
        below: Form = {"$ref": f"#/$defs/{mark}{level}"}
        inner: Form = {"type": "object", "properties": {mark: below}}
        levels[f"{mark}{level + 1}"] = {"anyOf": [{"allOf": [below, below]}, inner]}
    node: Form = {"$ref": f"#/$defs/{mark}"}
    branches: Form = {"anyOf": [node, {"type": "array", "items": node}, {"type": "null"}]}
    return {
        PLAIN: {"type": "text"},
        "an enum of 9,000": schema({"enum": words}),
        "a megabyte of enum": schema({"enum": [word * 10 for word in words for _ in range(2)]}),
        "anyOf of 9,000": schema({"anyOf": [{"const": word} for word in words]}),
        "anyOf of 4,900": schema({"anyOf": [{"const": word} for word in words[:4900]]}),
        "3,000 properties": schema(
            {"type": "object", "properties": {w: {"type": "string"} for w in words[:3000]}}
        ),
        "recursion": schema({"$defs": {mark: branches}, "$ref": f"#/$defs/{mark}"}),
        "an exponential schema": schema({"$defs": levels, "$ref": f"#/$defs/{mark}24"}),
        "an exponential regex": {
            "type": "regex",
            "regex": f"{mark}((a{{1,99}}b?){{1,99}}){{1,99}}",
        },
    }


def schema(told: Form) -> Form:
    """Return a schema as a `response_format`."""
    return {"type": "json_schema", "json_schema": {"name": "form", "schema": told}}


async def _measure(target: Target, rounds: int) -> tuple[list[Window], dict[str, list[Window]]]:
    streams = [_Stream() for _ in range(STREAMS)]
    tasks = [asyncio.create_task(each.run(target, at)) for at, each in enumerate(streams)]
    alone: list[Window] = []
    beside: dict[str, list[Window]] = {}
    try:
        await _window(streams, target, None)  # Warms up.
        for number in range(rounds):
            told = list(forms(f"w{number}x").items())
            Random(number).shuffle(told)  # Else each would always come after the same one.
            for place, (name, form) in enumerate(told):
                request = target.request(_body(target, form))
                if place % FORMS_AT_A_TIME == 0:
                    alone.append(await _window(streams, target, None))
                beside.setdefault(name, []).append(await _window(streams, target, request))
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
    return alone, beside


async def _window(streams: Sequence[_Stream], target: Target, request: bytes | None) -> Window:
    """Collect gaps for a while, and until a request that is sent meanwhile is answered."""
    begun = perf_counter()
    answered = await _answered(target, request) if request else 0.0
    await asyncio.sleep(max(begun + WINDOW_SECONDS - perf_counter(), 0))
    gaps = [gap for stream in streams for at, gap in stream.gaps if at - gap >= begun]
    if not gaps:
        raise BenchError(f"No stream wrote anything for {WINDOW_SECONDS} s")
    return Window(gaps, answered)


async def _answered(target: Target, request: bytes) -> float:
    reader, writer = await target.connect()
    begun = perf_counter()
    try:
        writer.write(request)
        status, _ = await read_answer(reader)
    finally:
        writer.close()
    if status not in (200, 400):
        raise BenchError(f"A form was answered with {status}")
    return perf_counter() - begun


def _body(target: Target, form: Form) -> bytes:
    message = {"role": "user", "content": "Hello"}
    body = {"model": target.model, "messages": [message], "max_tokens": 4, "response_format": form}
    return json.dumps(body).encode()


def _milliseconds(name: str, samples: Sequence[float]) -> Figure:
    return Figure(name=f"hostile: {name}", value=median(samples), unit="ms", spread=span(samples))
