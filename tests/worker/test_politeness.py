"""The worker's process lets others go first."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from bridge.worker.crew import start_and_stay
from bridge.worker.politeness import NICENESS
from bridge.worker.waiting import SPIN_COUNT, prepare_waiting

SCRIPT = """
import os, threading
from bridge.protocol import PaceMode
from bridge.worker.politeness import follow
before = os.nice(0)
follow(PaceMode.FULL)
assert os.nice(0) == before
over, begun, told = threading.Event(), threading.Event(), []
def work():
    begun.set()
    over.wait()
    told.append(os.nice(0))
thread = threading.Thread(target=work)
thread.start()
begun.wait()
follow(PaceMode.BALANCED)
follow(PaceMode.FULL)
over.set()
thread.join()
print(os.nice(0), *told, os.getsid(0) == os.getpid())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="it has priority classes instead")
def test_all_of_a_polite_process_is_nice_but_not_of_one_that_may_have_everything() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=60
    )
    nice, nice_of_thread, own_session = done.stdout.split()
    assert min(int(nice), int(nice_of_thread)) >= NICENESS
    assert own_session == str(os.access("/proc/self/autogroup", os.W_OK))


def test_threads_may_spin_only_while_nobody_holds_them_asleep() -> None:
    environment: dict[str, str] = {}
    prepare_waiting(environment)
    assert environment == {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": SPIN_COUNT}


def test_whoever_has_said_how_threads_wait_is_obeyed() -> None:
    environment = {"OMP_WAIT_POLICY": "active"}
    prepare_waiting(environment)
    assert environment == {"OMP_WAIT_POLICY": "active"}


def test_a_thread_stays_until_it_is_let_go() -> None:
    worked = []
    before = threading.active_count()
    end = start_and_stay(lambda: worked.append(threading.get_ident()))
    assert worked
    assert threading.active_count() == before + 1
    end()
    assert threading.active_count() == before
