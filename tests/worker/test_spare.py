"""The spare worker: taken once, and ended if nobody wants it."""

from __future__ import annotations

import psutil

from bridge.worker.spare import spare_worker, take_process


def test_the_spare_is_taken_once_and_then_others_are_made() -> None:
    with spare_worker():
        processes = [take_process(), take_process()]
    assert processes[0].pid != processes[1].pid
    for process in processes:
        assert process.poll() is None
        process.communicate()  # Without instructions it leaves.
        assert process.returncode == 0


def test_a_spare_that_nobody_takes_is_ended() -> None:
    before = set(psutil.Process().children())
    with spare_worker():
        (spare,) = set(psutil.Process().children()) - before
    assert not spare.is_running()
