"""Sum the verdicts up in a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

GOALS = {
    "name": 95,
    "recall": 80,
    "ends": 97,
    "no loop": 97,
    "thinking tags": 95,
    "tool call": 95,
    "tool call, held": 95,
}
"""The least share, in percent, that the model should reach."""

ORDER = (
    "name",
    "trade",
    "place",
    "recall",
    "topic",
    "fact",
    "story",
    "ends",
    "no loop",
    "thinking tags",
    "tool call",
    "tool call, held",
    "no needless call",
    "no needless call, held",
    "json",
    "json, constrained",
)


Verdicts = Iterable[Mapping[str, bool]]


def table(columns: Mapping[str, Verdicts]) -> str:
    """Return the table in Markdown: rule, cases, share right under each heading, goal."""
    counted = {heading: _counts(verdicts) for heading, verdicts in columns.items()}
    first = next(iter(counted.values()))
    lines = [
        f"| rule | cases | {' | '.join(counted)} | goal |",
        f"| --- | ---: | {'---: | ' * len(counted)}---: |",
    ]
    for rule in [*ORDER, *sorted(set(first) - set(ORDER))]:
        if rule in first:
            goal = f"{GOALS[rule]} %" if rule in GOALS else ""
            shares = " | ".join(_share(counts.get(rule)) for counts in counted.values())
            lines.append(f"| {rule} | {len(first[rule])} | {shares} | {goal} |")
    return "\n".join(lines)


def _counts(verdicts: Verdicts) -> dict[str, list[bool]]:
    counts: dict[str, list[bool]] = defaultdict(list)
    for verdict in verdicts:
        for rule, passed in verdict.items():
            counts[rule].append(passed)
    return counts


def _share(passed: list[bool] | None) -> str:
    return f"{100 * sum(passed) / len(passed):.1f} %" if passed else ""
