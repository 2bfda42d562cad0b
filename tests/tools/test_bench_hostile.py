"""What hostile forms do to other streams: the arithmetic, and that the forms are what they say."""

from __future__ import annotations

import json

import jsonschema

from tools.bench.hostile import PLAIN, Window, figures_of, forms


def test_longest_gaps_of_windows_are_compared_by_their_medians() -> None:
    alone = [Window([0.004, longest]) for longest in (0.005, 0.010, 0.900)]
    beside = {"x": [Window([0.004, longest], 0.5) for longest in (0.015, 0.025, 0.020)]}
    figures = {figure.name: figure for figure in figures_of(alone, beside)}
    assert figures["hostile: the longest gap of a window, alone"].value == 10
    ratio = figures["hostile: the longest gap beside x / alone"]
    assert (ratio.value, ratio.met) == (2.0, False)
    assert figures["hostile: the answer to x"].met is True


def test_each_round_has_forms_of_its_own() -> None:
    first, second = forms("a"), forms("b")
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] == second[name]] == [PLAIN]
    for form in first.values():
        assert len(json.dumps(form)) < 4 << 20
        if form["type"] == "json_schema":
            told = form["json_schema"]
            assert isinstance(told, dict)
            jsonschema.Draft202012Validator.check_schema(told["schema"])
