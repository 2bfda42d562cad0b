"""The arithmetic of the figures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from tools.bench.figures import (
    Figure,
    Goal,
    Report,
    median,
    paired_ratios,
    percentile,
    report,
    shorten,
    span,
)


def test_a_percentile_lies_between_its_neighbours() -> None:
    assert percentile([4, 1, 3, 2], 50) == 2.5
    assert percentile([10, 20], 95) == pytest.approx(19.5)
    assert percentile([7], 99) == 7
    assert percentile([1, 2, 3], 100) == 3


def test_a_percentile_of_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 50)


def test_ratios_are_taken_round_by_round() -> None:
    # The machine was half as fast in the second round: no matter, it was so for both.
    ratios = paired_ratios([100, 50, 99], [100, 50, 100])
    assert ratios == [1.0, 1.0, 0.99]
    assert median(ratios) == 1.0


def test_rounds_that_do_not_pair_up_are_an_error() -> None:
    with pytest.raises(ValueError, match="shorter"):
        paired_ratios([1, 2], [1])


@pytest.mark.parametrize(
    ("goal", "value", "met"),
    [
        (Goal(least=0.97), 0.97, True),
        (Goal(least=0.97), 0.9699, False),
        (Goal(below=3), 2.999, True),
        (Goal(below=3), 3, False),
    ],
)
def test_a_goal_knows_whether_it_is_met(goal: Goal, value: float, met: bool) -> None:
    assert goal.met(value) is met
    assert Figure(name="x", value=value, unit="", goal=goal).met is met


def test_a_figure_without_a_goal_is_neither_met_nor_missed() -> None:
    assert Figure(name="x", value=1, unit="s").met is None


def test_numbers_keep_the_digits_that_matter() -> None:
    assert [shorten(value) for value in (1234.4, 12.34, 0.12345, 0)] == [
        "1234",
        "12.3",
        "0.123",
        "0",
    ]
    assert span([2.0, 1.0], "s") == "1 to 2 s, 2 rounds"


def test_a_report_tells_what_was_missed_and_saves_it(tmp_path: Path) -> None:
    figures = [
        Figure(name="fast enough", value=1.0, unit="x", goal=Goal(least=0.97)),
        Figure(name="too slow", value=5, unit="ms", goal=Goal(below=3)),
        Figure(name="for the record", value=5, unit="ms"),
    ]
    made = report(figures, 12.5)
    made.save(tmp_path / "figures.json")
    saved = json.loads((tmp_path / "figures.json").read_text("utf-8"))
    assert [figure.name for figure in made.missed] == ["too slow"]
    assert [entry["met"] for entry in saved["figures"]] == [True, False, None]
    assert saved["busy_before"] == 12.5


def test_a_table_shows_every_figure_with_its_verdict() -> None:
    goal = Goal(least=0.97)
    made = Report("now", "a machine", 30, [Figure(name="ratio", value=0.5, unit="x", goal=goal)])
    console = Console(width=120)
    with console.capture() as captured:
        console.print(made.table())
    for word in ("a machine", "30 % busy", "ratio", "0.5 x", "≥ 0.97", "FAIL"):
        assert word in captured.get()
