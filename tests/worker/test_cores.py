"""Which cores count, by what each system says of them."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psutil
import pytest

from bridge.worker import cores
from bridge.worker.cores import (
    available_cores,
    fast_cores,
    linux_fast_cores,
    mac_fast_cores,
    numbers,
    windows_fast_cores,
)


def processor(devices: Path, number: int, *, siblings: str = "", capacity: int = 0) -> None:
    folder = devices / "system" / "cpu" / f"cpu{number}"
    (folder / "topology").mkdir(parents=True)
    if siblings:
        (folder / "topology" / "thread_siblings_list").write_text(siblings + "\n")
    if capacity:
        (folder / "cpu_capacity").write_text(f"{capacity}\n")


def intel_hybrid(devices: Path) -> None:
    """Two fast cores of two processors each, four slow ones."""
    for number in range(8):
        pair = number // 2 * 2
        processor(devices, number, siblings=f"{pair}-{pair + 1}" if number < 4 else f"{number}")
    (devices / "cpu_core").mkdir()
    (devices / "cpu_core" / "cpus").write_text("0-3\n")


def test_lists_of_processors_are_read() -> None:
    assert list(numbers("0-2,8\n")) == [0, 1, 2, 8]
    assert list(numbers("5")) == [5]


@pytest.mark.parametrize(
    ("allowed", "fast"),
    [(range(8), 2), (range(2), 1), ({0, 2, 6}, 2), ({5, 6}, None)],
)
def test_of_an_intel_hybrid_the_fast_cores_left_to_us_count(
    tmp_path: Path, allowed: set[int], fast: int | None
) -> None:
    intel_hybrid(tmp_path)
    assert linux_fast_cores(tmp_path, set(allowed)) == fast


def test_of_an_arm_processor_with_three_kinds_the_slowest_are_left_out(tmp_path: Path) -> None:
    for number, capacity in enumerate([180] * 4 + [720] * 3 + [1024]):
        processor(tmp_path, number, capacity=capacity)
    assert linux_fast_cores(tmp_path, set(range(8))) == 4


def test_where_all_cores_are_alike_nothing_is_said(tmp_path: Path) -> None:
    processor(tmp_path, 0)
    assert linux_fast_cores(tmp_path, {0}) is None


class Mac:
    """The C library of a Mac that knows some values."""

    def __init__(self, **values: int) -> None:
        self._values = values

    def sysctlbyname(self, name: bytes, value: object, *_: object) -> int:
        known = self._values.get(name.decode().rpartition(".")[2])
        if known is None:
            return -1
        cast("ctypes.c_int32", getattr(value, "_obj")).value = known  # noqa: B009
        return 0


def test_a_mac_counts_its_fastest_level_if_it_has_two() -> None:
    def fast(mac: Mac) -> int | None:
        return mac_fast_cores(cast("ctypes.CDLL", mac))

    assert fast(Mac(nperflevels=2, physicalcpu=8)) == 8
    assert fast(Mac(nperflevels=1, physicalcpu=8)) is None
    assert fast(Mac(nperflevels=2)) is None
    assert fast(Mac()) is None


def record(kind: int, efficiency: int, size: int = 48) -> bytes:
    return struct.pack("<IIBB", kind, size, 1, efficiency).ljust(size, b"\0")


def test_windows_counts_the_cores_of_the_highest_class() -> None:
    caches = record(2, 9)
    assert windows_fast_cores(record(0, 1) * 6 + caches + record(0, 0, 80) * 8) == 6
    assert windows_fast_cores(record(0, 0) * 4) is None
    assert windows_fast_cores(b"") is None


def test_no_more_cores_are_used_than_are_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    everything = available_cores()
    assert 1 <= everything <= (os.cpu_count() or 1)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 8)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)), raising=False)
    monkeypatch.setattr(cores, "fast_cores", lambda: 4)
    assert available_cores() == 4
    monkeypatch.setattr(cores, "fast_cores", lambda: None)
    assert available_cores() == 8


def test_a_system_that_tells_nonsense_is_one_with_cores_that_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nonsense(*_: object) -> int:
        raise ValueError("no number")

    for name in ("linux_fast_cores", "mac_fast_cores", "windows_fast_cores"):
        monkeypatch.setattr(cores, name, nonsense)
    assert fast_cores() is None


def test_each_system_is_asked_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "linux_fast_cores", lambda *_: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Mac(nperflevels=2, physicalcpu=4))
    windows = Windows(record(0, 1) * 6 + record(0, 0) * 8)
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=windows), raising=False)
    found = {}
    for name in ("linux", "darwin", "win32", "plan9"):
        with monkeypatch.context() as there:
            there.setattr(sys, "platform", name)
            found[name] = fast_cores()
    assert found == {"linux": 2, "darwin": 4, "win32": 6, "plan9": None}


class Windows:
    """The kernel of a Windows that knows its cores, or refuses to tell."""

    def __init__(self, records: bytes) -> None:
        self._records = records

    def GetLogicalProcessorInformationEx(  # noqa: N802 - Windows names it so.
        self, _: int, buffer: ctypes.Array[ctypes.c_char] | None, size: object
    ) -> int:
        cast("ctypes.c_uint32", getattr(size, "_obj")).value = len(self._records)  # noqa: B009
        if buffer is None or not self._records:
            return 0
        buffer.raw = self._records.ljust(len(buffer), b"\0")
        return 1


def test_a_windows_that_does_not_tell_has_cores_that_are_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=Windows(b"")), raising=False)
    with monkeypatch.context() as there:
        there.setattr(sys, "platform", "win32")
        assert fast_cores() is None


def test_where_nobody_says_which_processors_are_ours_all_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: None)
    monkeypatch.setattr(cores, "fast_cores", lambda: None)
    assert available_cores() == 1


def test_this_machine_says_something_that_makes_sense() -> None:
    assert (fast_cores() or 1) >= 1
