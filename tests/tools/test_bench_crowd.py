"""The scenes of the crowd, small: all of them end, and memory and fairness hold."""

from __future__ import annotations

import pytest

from bridge.models.store import embedded_path
from tools.bench.crowd import Size, crowd_figures, jain, shares

SMALL = Size(
    characters=40,
    rotation_seconds=3.0,
    jobs=64,
    background=8,
    repeats=3,
    prompt_words=40,
    new_tokens=12,
)


def test_jains_index_is_one_for_equals_and_small_for_one_who_has_all() -> None:
    assert jain([3.0, 3.0, 3.0]) == pytest.approx(1.0)
    assert jain([1.0, 0.0, 0.0, 0.0]) == pytest.approx(0.25)


def test_a_share_is_what_one_wrote_of_all_that_was_written_meanwhile() -> None:
    assert shares([(0.0, 2.0), (0.0, 2.0), (2.0, 4.0)]) == [0.5, 0.5, 1.0]
    assert shares([(0.0, 2.0), (1.0, 3.0)]) == pytest.approx([1 / 1.5, 1 / 1.5])


def test_the_scenes_run_to_their_end() -> None:
    figures = list(crowd_figures(embedded_path(), embedded_path(), 1, SMALL))
    urgent, cancelled, fair, rotation = figures
    assert urgent.value > 0
    assert "0 texts" in cancelled.spread or cancelled.value < 50
    assert fair.value > 0.5  # The goal is the bench's: here others take the machine at will.
    assert rotation.value < 1.5
