"""What Python adds to a step: everything a worker does between two calls of llama.cpp."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import llama_cpp.llama_cpp as api

from bridge.protocol import ChatMessage, Role, Sampling
from bridge.worker.link import Frames, Inbox, write
from bridge.worker.loading import load
from bridge.worker.messages import Finished, Outputs, Report, Submit, pack
from bridge.worker.options import WorkerOptions
from bridge.worker.worker import Worker
from tools.bench.figures import Figure, Goal, median, percentile
from tools.bench.places import BenchError
from tools.bench.scenes import strangers

TIMEOUT = 300.0

Span = tuple[float, float]
"""The start and the end of something, in seconds."""


@dataclass(frozen=True)
class Step:
    """The seconds of one step: of llama_decode, of sampling, and of what lay around them."""

    decode: float
    sampling: float
    python: float


@dataclass
class Trace:
    """When llama.cpp was at work; filled by functions put in the place of the binding's own."""

    decodes: list[tuple[int, Span]] = field(default_factory=list)
    samplings: list[Span] = field(default_factory=list)

    def steps(self, rows: int) -> list[Step]:
        """Return the steps that decoded so many rows and were followed by another such."""
        steps = []
        pairs = zip(self.decodes, self.decodes[1:], strict=False)
        for (count, (start, end)), (next_count, (next_start, _)) in pairs:
            if count == next_count == rows:
                inside = [span for span in self.samplings if end <= span[0] < next_start]
                sampling = covered(inside)
                steps.append(Step(end - start, sampling, next_start - end - sampling))
        return steps


def covered(spans: Sequence[Span]) -> float:
    """Return the seconds that spans cover together; what two threads do at once counts once."""
    total = 0.0
    reached = float("-inf")
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def step_figures(
    model: Path, *, threads: int, tokens: int, sequences: int, goal: Goal | None
) -> list[Figure]:
    """Let a worker write replies at once in this process and take apart its steps."""
    steps = _trace(model, threads, tokens, sequences).steps(sequences)
    if not steps:
        raise BenchError(f"The worker never decoded {sequences} sequences in one step")
    shares = [step.python / step.decode * 100 for step in steps]
    parts = {
        "Python's part of a step": [step.python for step in steps],
        "llama_decode": [step.decode for step in steps],
        "sampling": [step.sampling for step in steps],
    }
    share = Figure(
        name=f"Python beside llama_decode, {sequences} at once",
        value=median(shares),
        unit="%",
        goal=goal,
        spread=f"95 % of steps below {percentile(shares, 95):.2f} %, {len(steps)} steps",
    )
    times = [
        Figure(name=f"  {name}", value=median(values) * 1e3, unit="ms")
        for name, values in parts.items()
    ]
    return [share, *times]


def _trace(model: Path, threads: int, tokens: int, sequences: int) -> Trace:
    """Run a real worker over a real pipe and watch the two calls that are llama.cpp's work."""
    options = WorkerOptions(path=model, slots=sequences, threads=threads)
    loaded = load(options, safe=None, progress=lambda _: None)
    reading, writing = os.pipe()
    inbox, counter = Inbox(), _Counter(sequences)
    reader = threading.Thread(target=counter.read, args=(reading,))
    worker = threading.Thread(
        target=Worker(loaded, inbox, lambda report: write(writing, pack(report))).run
    )
    trace = Trace()
    restore = _watch(trace)
    try:
        for submit in _submits(tokens, sequences):
            inbox.put(submit)
        reader.start()
        worker.start()
        finished = counter.over.wait(TIMEOUT)
        inbox.close()
        worker.join(TIMEOUT)
    finally:
        restore()
        os.close(writing)
        reader.join(TIMEOUT)
        os.close(reading)
    if not finished:
        raise BenchError(f"The worker did not finish within {TIMEOUT:.0f} s")
    return trace


class _Counter:
    """Reads a worker's reports, and notes when the last reply is over."""

    def __init__(self, replies: int) -> None:
        self.over = threading.Event()
        self._open = replies

    def read(self, pipe: int) -> None:
        frames: Frames[Report] = Frames(Report)
        while piece := os.read(pipe, 1 << 16):
            for report in frames.feed(piece):
                if isinstance(report, Outputs):
                    self._open -= sum(isinstance(item, Finished) for item in report.items)
            if self._open == 0:
                self.over.set()


def _submits(tokens: int, sequences: int) -> list[Submit]:
    asks = strangers("", streams=sequences, prompt=48, new=tokens, seed=1)
    return [
        Submit(
            job=str(ask.seed),
            messages=[ChatMessage(role=Role.USER, content=ask.messages[0].content)],
            sampling=Sampling(temperature=ask.temperature, top_k=ask.top_k, seed=ask.seed),
            max_tokens=tokens,
            ignore_eos=True,
        )
        for ask in asks
    ]


def _watch(trace: Trace) -> Callable[[], None]:
    """Put clocks around llama_decode and llama_sampler_sample; return how to take them away."""
    decode, sample = api.llama_decode, api.llama_sampler_sample

    def timed_decode(context: object, batch: api.llama_batch) -> int:
        start = perf_counter()
        code: int = decode(context, batch)
        trace.decodes.append((batch.n_tokens, (start, perf_counter())))
        return code

    def timed_sample(chain: object, context: object, row: int) -> int:
        start = perf_counter()
        token: int = sample(chain, context, row)
        trace.samplings.append((start, perf_counter()))
        return token

    api.llama_decode, api.llama_sampler_sample = timed_decode, timed_sample

    def restore() -> None:
        api.llama_decode, api.llama_sampler_sample = decode, sample

    return restore
