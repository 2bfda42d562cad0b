"""Slots compare token lists by slices."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.slots import common_prefix


@given(st.lists(st.integers(0, 2), max_size=30), st.lists(st.integers(0, 2), max_size=30))
def test_the_common_prefix_is_as_long_as_a_loop_says(left: list[int], right: list[int]) -> None:
    length = 0
    while length < min(len(left), len(right)) and left[length] == right[length]:
        length += 1
    assert common_prefix(left, right) == length
