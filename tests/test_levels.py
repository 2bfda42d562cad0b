"""Documents are walked level by level."""

from __future__ import annotations

from bridge.levels import levels


def test_levels_come_from_the_top_down_with_what_holds_others() -> None:
    found = list(levels({"a": [1, {"b": "x"}], "c": "y"}))
    assert [each.values for each in found] == [
        [{"a": [1, {"b": "x"}], "c": "y"}],
        [[1, {"b": "x"}], "y"],
        [1, {"b": "x"}],
        ["x"],
    ]
    assert [len(each.maps) for each in found] == [1, 0, 1, 0]
    assert [len(each.lists) for each in found] == [0, 1, 0, 0]
    assert [each.below for each in found] == [2, 2, 1, 0]


def test_a_plain_value_is_one_level() -> None:
    assert [each.values for each in levels(None)] == [[None]]


def test_a_level_is_made_when_it_is_asked_for() -> None:
    document: list[object] = [1, 2]
    walk = levels(document)
    next(walk)
    document.append(3)
    assert next(walk).values == [1, 2, 3]
