"""How a step is taken apart."""

from __future__ import annotations

import pytest

from tools.bench.step import Trace, covered


def test_what_two_threads_do_at_once_counts_once() -> None:
    assert covered([(0, 2), (1, 3), (5, 6)]) == 4
    assert covered([(0, 5), (1, 2)]) == 5
    assert covered([]) == 0


def test_python_is_what_llama_cpp_does_not_cover() -> None:
    trace = Trace(
        decodes=[(8, (0.0, 10.0)), (8, (14.0, 24.0)), (1, (30.0, 31.0))],
        samplings=[(10.5, 12.0), (11.0, 13.0), (25.0, 26.0)],
    )
    (step,) = trace.steps(8)
    assert step.decode == 10
    assert step.sampling == 2.5
    assert step.python == pytest.approx(1.5)


def test_steps_of_other_sizes_do_not_count() -> None:
    trace = Trace(decodes=[(8, (0, 1)), (136, (2, 9)), (8, (10, 11)), (7, (12, 13))])
    assert trace.steps(8) == []
