"""The arithmetic of what a form costs a token."""

from __future__ import annotations

from jsonschema import Draft202012Validator

from tools.bench.constraint import SCHEMA, _told


def test_what_a_held_token_costs_more_is_the_median_of_pairs() -> None:
    trials = [[(0.1, 0.5, 0.25), (0.2, 0.75, 0.5)], [(0.3, 1.0, 0.5)]]
    figures = {figure.name: figure for figure in _told(trials)}
    assert figures["constraint: the mask of a token"].value == 0.2
    more = figures["constraint: a held token more than a free one"]
    assert (more.value, more.met) == (0.25, True)


def test_the_schema_of_the_bench_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
