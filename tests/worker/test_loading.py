"""What a worker makes of its options before it has anything to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.worker import loading
from bridge.worker.loading import load
from bridge.worker.options import WorkerOptions


@pytest.mark.parametrize(("processors", "left"), [(4, 3), (8, 4)])
def test_a_processor_is_left_to_the_compiler_only_where_threads_would_take_them_all(
    processors: int, left: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loading, "processors", lambda: processors)
    options = WorkerOptions(path=Path("none.gguf"), backend="fake", slots=1, threads=4)
    pacer = load(options, safe=None, progress=lambda _: None).pacer
    assert pacer.threads(2) == 4
    pacer.crowded = True
    assert pacer.threads(2) == left
