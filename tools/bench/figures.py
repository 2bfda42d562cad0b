"""A figure, its goal, and the little arithmetic that makes figures of samples."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psutil
from rich.table import Table


class Goal(msgspec.Struct, frozen=True):
    """What a figure must hold: at least `least`, or less than `below`."""

    least: float | None = None
    below: float | None = None

    def met(self, value: float) -> bool:
        """Say whether a value holds this goal."""
        if self.least is not None and value < self.least:
            return False
        return self.below is None or value < self.below

    def __str__(self) -> str:
        return f"≥ {self.least:g}" if self.least is not None else f"< {self.below:g}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured number; `spread` says in words how far its samples lie apart."""

    name: str
    value: float
    unit: str
    goal: Goal | None = None
    spread: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is held; None without a goal."""
        return None if self.goal is None else self.goal.met(self.value)


class Report(msgspec.Struct, frozen=True):
    """
    All figures of one run and where they were taken.

    `busy_before` is how much of the machine others took when the run began, in percent.
    """

    taken: str
    machine: str
    busy_before: float
    figures: list[Figure]

    @property
    def missed(self) -> list[Figure]:
        """The figures that do not hold their goal."""
        return [figure for figure in self.figures if figure.met is False]

    def save(self, path: Path) -> None:
        """Write the report as JSON, each figure with its verdict."""
        document = msgspec.to_builtins(self)
        for entry, figure in zip(document["figures"], self.figures, strict=True):
            entry["met"] = figure.met
        text = msgspec.json.format(msgspec.json.encode(document), indent=2)
        path.write_bytes(text + b"\n")

    def table(self) -> Table:
        """Return the figures as a table for the terminal."""
        title = f"Taken on {self.machine}, {self.busy_before:.0f} % busy with other things before"
        table = Table(title=title, title_justify="left")
        for heading in ("figure", "value", "goal", "", "spread"):
            table.add_column(heading, justify="right" if heading in ("value", "goal") else "left")
        for figure in self.figures:
            verdict = {None: "", True: "[green]pass[/]", False: "[red]FAIL[/]"}[figure.met]
            goal = f"{figure.goal} {figure.unit}".strip() if figure.goal else ""
            value = f"{shorten(figure.value)} {figure.unit}".strip()
            table.add_row(figure.name, value, goal, verdict, figure.spread)
        return table


def busy_percent() -> float:
    """Return how much of the machine is at work just now; takes a second."""
    return psutil.cpu_percent(interval=1.0)


def report(figures: Sequence[Figure], busy_before: float) -> Report:
    """Return a report of figures that were taken on this machine, just now."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Report(now, machine, busy_before, list(figures))


def shorten(value: float) -> str:
    """Return a number with three digits that matter."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return a percentile by linear interpolation; raises ValueError on no values."""
    if not values:
        raise ValueError("a percentile needs at least one value")
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def paired_ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return ours / theirs, round by round; raises ValueError if the rounds do not pair up."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]


def median(values: Iterable[float]) -> float:
    """Return the middle value; raises statistics.StatisticsError on no values."""
    return statistics.median(values)


def span(values: Sequence[float], unit: str = "") -> str:
    """Return the least and the greatest value and how many there were, in words."""
    low, high = shorten(min(values)), shorten(max(values))
    return f"{low} to {high} {unit}".rstrip() + f", {len(values)} rounds"
