"""The worker's process lets others go first."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from bridge.protocol import PaceMode
from bridge.worker import politeness
from bridge.worker.crew import start_and_stay
from bridge.worker.politeness import LAST, NICENESS, SLICE, follow, stand
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


class System:
    """A Unix with threads of some niceness; session by session where there is an `autogroup`."""

    def __init__(
        self, patch: pytest.MonkeyPatch, folder: Path, *, name: str = "linux", autogroup: str = ""
    ) -> None:
        self.niceness = {0: 0, 7: 0, 8: NICENESS + 5}
        self.slices: dict[int, float] = {}
        self.sessions = 0
        self.leads = False
        self.autogroup = folder / "autogroup"
        if autogroup:
            self.autogroup.write_text(autogroup)
        for thread in (7, 8, 9):
            (folder / "task" / str(thread)).mkdir(parents=True)
        patch.setattr(sys, "platform", name)
        patch.setattr(platform, "machine", lambda: "x86_64")
        patch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(syscall=self._call))
        patch.setattr(os, "cpu_count", lambda: 8)
        patch.setattr(os, "getsid", lambda _: os.getpid() if self.leads else 1, raising=False)
        patch.setattr(politeness, "_AUTOGROUP", self.autogroup)
        patch.setattr(politeness, "_TASKS", folder / "task")
        patch.setattr(os, "PRIO_PROCESS", 0, raising=False)
        patch.setattr(os, "getpriority", self._get, raising=False)
        patch.setattr(os, "setpriority", self._set, raising=False)
        patch.setattr(os, "setsid", self._lead, raising=False)

    def _get(self, _: int, thread: int) -> int:
        if thread not in self.niceness:
            raise ProcessLookupError
        return self.niceness[thread]

    def _set(self, _: int, thread: int, niceness: int) -> None:
        self.niceness[thread] = niceness

    def _call(self, number: int, thread: int, wish: bytes, _: int) -> None:
        size, policy, flags, niceness, _, slice_ns, _, _ = struct.unpack("=IIQiIQQQ", wish)
        assert (number, size, policy, flags) == (314, len(wish), 0, 0)
        assert niceness == self.niceness[thread], "the call sets both"
        self.slices[thread] = slice_ns / 1e9

    def _lead(self) -> None:
        if self.leads:
            raise PermissionError
        self.leads = True
        self.sessions += 1


def test_on_linux_each_thread_is_lowered_and_none_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path)
        follow(PaceMode.BALANCED)
    assert system.niceness == {0: 0, 7: NICENESS, 8: NICENESS + 5}
    assert system.slices == {7: SLICE, 8: SLICE}
    assert not system.leads, "there is nothing to gain by it"


def test_elsewhere_the_process_is_lowered_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, name="darwin")
        follow(PaceMode.BACKGROUND)
    assert system.niceness == {0: NICENESS, 7: 0, 8: NICENESS + 5}
    assert not system.slices


def test_a_processor_whose_calls_are_unknown_keeps_its_slices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path)
        patch.setattr(platform, "machine", lambda: "riscv64")
        follow(PaceMode.BALANCED)
    assert system.niceness[7] == NICENESS
    assert not system.slices


def test_full_lowers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, autogroup="/autogroup-1 nice 0\n")
        follow(PaceMode.FULL)
    assert system.niceness[7] == 0
    assert not system.leads


@pytest.mark.skipif(sys.platform == "win32", reason="it has no sessions")
def test_a_session_of_its_own_is_nice_as_a_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, autogroup="/autogroup-1 nice 0\n")
        follow(PaceMode.BALANCED)
    assert system.sessions == 1
    assert system.autogroup.read_text() == str(NICENESS)


@pytest.mark.parametrize(
    ("mode", "others", "niceness"),
    [
        (PaceMode.BALANCED, 0.0, LAST),
        (PaceMode.BALANCED, 6.7, LAST),
        (PaceMode.BALANCED, 6.9, NICENESS),
        (PaceMode.BACKGROUND, 1.0, LAST),
        (PaceMode.FULL, 1.0, 0),
    ],
)
def test_a_session_stands_last_while_others_leave_it_room(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: PaceMode,
    others: float,
    niceness: int,
) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, autogroup="/autogroup-1 nice 0\n")
        follow(PaceMode.BALANCED)
        stand(mode, others)
    assert system.autogroup.read_text() == str(niceness)


def test_a_weight_that_is_right_is_not_written_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = f"/autogroup-1 nice {LAST}\n"
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, autogroup=told)
        system.leads = True
        stand(PaceMode.BALANCED, 0.0)
    assert system.autogroup.read_text() == told


def test_the_session_of_others_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = "/autogroup-1 nice 0\n"
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, autogroup=told)
        stand(PaceMode.BALANCED, 0.0)
    assert system.autogroup.read_text() == told


def test_a_session_that_was_there_already_is_nice_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        system = System(patch, tmp_path, autogroup="/autogroup-1 nice 0\n")
        system.leads = True
        follow(PaceMode.BALANCED)
    assert system.autogroup.read_text() == str(NICENESS)


class Process:
    """The worker's process on Windows; one that belongs to another cannot be changed."""

    def __init__(self, *, ours: bool = True) -> None:
        self.priority = 0
        self._ours = ours

    def nice(self, value: int) -> None:
        if not self._ours:
            raise psutil.AccessDenied
        self.priority = value


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(psutil, "NORMAL_PRIORITY_CLASS", 1, raising=False)
    monkeypatch.setattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 2, raising=False)
    monkeypatch.setattr(psutil, "IDLE_PRIORITY_CLASS", 3, raising=False)
    return monkeypatch


def test_on_windows_each_pace_has_a_class(windows: pytest.MonkeyPatch) -> None:
    process = Process()
    modes = (PaceMode.FULL, PaceMode.BALANCED, PaceMode.BACKGROUND, PaceMode.PAUSED)
    classes = []
    with windows.context() as patch:
        patch.setattr(psutil, "Process", lambda: process)
        patch.setattr(sys, "platform", "win32")
        for mode in modes:
            follow(mode)
            classes.append(process.priority)
    assert classes == [1, 2, 3, 3]


def test_a_windows_that_refuses_is_told_of(
    windows: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with windows.context() as patch:
        patch.setattr(psutil, "Process", lambda: Process(ours=False))
        patch.setattr(sys, "platform", "win32")
        follow(PaceMode.BALANCED)
    assert "the priority of the worker could not be changed" in caplog.text


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
