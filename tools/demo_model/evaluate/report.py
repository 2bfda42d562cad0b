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
    "no needless call",
    "json",
)


def table(verdicts: Iterable[Mapping[str, bool]]) -> str:
    """Return the table in Markdown: rule, cases, share right, goal."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for verdict in verdicts:
        for rule, passed in verdict.items():
            counts[rule][0] += 1
            counts[rule][1] += passed
    lines = ["| rule | cases | right | goal |", "| --- | ---: | ---: | ---: |"]
    for rule in [*ORDER, *sorted(set(counts) - set(ORDER))]:
        if rule in counts:
            total, right = counts[rule]
            goal = f"{GOALS[rule]} %" if rule in GOALS else ""
            lines.append(f"| {rule} | {total} | {100 * right / total:.1f} % | {goal} |")
    return "\n".join(lines)
