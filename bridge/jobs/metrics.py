"""What the service counts about its jobs, for whoever watches it."""

from __future__ import annotations

from collections import Counter

from bridge.jobs.job import Job

BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds, in seconds, of the classes that waits are counted in."""


class Waits:
    """Waits of one kind: how many, how long together, and how many within each bound."""

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0
        self.within = [0] * len(BOUNDS)

    def add(self, seconds: float) -> None:
        """Count one wait."""
        self.count += 1
        self.seconds += seconds
        for index, bound in enumerate(BOUNDS):
            self.within[index] += seconds <= bound


class ModelMetrics:
    """The jobs of one model since the service began."""

    def __init__(self) -> None:
        self.jobs: Counter[str] = Counter()  # by outcome
        self.first_text = Waits()
        self.queued = Waits()
        self.prompt_tokens = 0
        self.cached_tokens = 0
        self.completion_tokens = 0

    def add(self, job: Job) -> None:
        """Count a job that is done."""
        usage = job.usage
        self.jobs[job.outcome] += 1
        self.prompt_tokens += usage.prompt_tokens
        self.cached_tokens += usage.prompt_tokens_details.cached_tokens
        self.completion_tokens += usage.completion_tokens
        if first := job.choices[0].finished:
            self.queued.add(first.queued_ms / 1000)
