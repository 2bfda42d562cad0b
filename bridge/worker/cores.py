"""How many cores llama.cpp may use: physical ones, the fast ones where there are two kinds."""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psutil

_DEVICES = Path("/sys/devices")

_CORE = 0  # RelationProcessorCore: each record is one physical core.


def available_cores() -> int:
    """
    Return the physical cores this process may run on, at least one.

    Of two kinds of cores only the fast ones count: all threads of a step wait for the slowest.
    """
    physical = psutil.cpu_count(logical=False) or 1
    return max(1, min(physical, processors(), fast_cores() or physical))


def processors() -> int:
    """Return how many threads may run here at once, those that share a core included."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def fast_cores() -> int | None:
    """Return how many of the cores left to us are the fast ones; None where all are alike."""
    fast = None
    with suppress(OSError, ValueError, AttributeError):
        if sys.platform == "linux":
            fast = linux_fast_cores(_DEVICES, os.sched_getaffinity(0))
        elif sys.platform == "darwin":
            fast = mac_fast_cores(ctypes.CDLL("libc.dylib"))
        elif sys.platform == "win32":
            kernel = ctypes.windll.kernel32
            fast = windows_fast_cores(_records(kernel.GetLogicalProcessorInformationEx))
    return fast


def linux_fast_cores(devices: Path, allowed: set[int]) -> int | None:
    """
    Count physical fast cores among the `allowed` processors, from what stands in /sys/devices.

    Intel's hybrids name theirs in `cpu_core`; ARM gives each processor a capacity.
    """
    processors = devices / "system" / "cpu"
    hybrid = devices / "cpu_core" / "cpus"
    if hybrid.exists():
        fast = set(numbers(hybrid.read_text(encoding="ascii")))
    else:
        capacities = {
            int(each.parent.name.removeprefix("cpu")): int(each.read_text(encoding="ascii"))
            for each in processors.glob("cpu[0-9]*/cpu_capacity")
        }
        # Some have three kinds, and the middle one is the most of the machine.
        most = max(capacities.values(), default=0)
        fast = {cpu for cpu, capacity in capacities.items() if capacity > most / 2}
    cores = {_siblings(processors / f"cpu{cpu}", cpu) for cpu in fast & allowed}
    return len(cores) or None


def mac_fast_cores(library: ctypes.CDLL) -> int | None:
    """Ask macOS for the cores of its fastest level; None on a Mac that has only one."""
    levels, cores = (
        _system_value(library, name) for name in (b"hw.nperflevels", b"hw.perflevel0.physicalcpu")
    )
    return cores or None if levels > 1 else None


def windows_fast_cores(records: bytes) -> int | None:
    """Count the cores of the highest efficiency class in what Windows tells; None if all are it."""
    classes = list(_efficiency_classes(records))
    fastest = classes.count(max(classes, default=0))
    return fastest if fastest < len(classes) else None


def numbers(text: str) -> Iterator[int]:
    """Yield the numbers of a list as Linux writes it: `0-3,8`."""
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def _siblings(processor: Path, number: int) -> str:
    """Return what the processors of one physical core have in common."""
    siblings = processor / "topology" / "thread_siblings_list"
    return siblings.read_text(encoding="ascii").strip() if siblings.exists() else str(number)


def _system_value(library: ctypes.CDLL, name: bytes) -> int:
    value = ctypes.c_int32(0)
    size = ctypes.c_size_t(ctypes.sizeof(value))
    failed = library.sysctlbyname(name, ctypes.byref(value), ctypes.byref(size), None, 0)
    return 0 if failed else value.value


def _efficiency_classes(records: bytes) -> Iterator[int]:
    """Yield one class a core; the records are SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX."""
    place = 0
    while place < len(records):
        kind, size, _flags, efficiency = struct.unpack_from("<IIBB", records, place)
        if kind == _CORE:
            yield efficiency
        place += size


def _records(ask: Callable[..., int]) -> bytes:
    """Return what Windows tells of its cores; nothing where it refuses."""
    size = ctypes.c_uint32(0)
    ask(_CORE, None, ctypes.byref(size))  # It fails and says how much room it wants.
    buffer = ctypes.create_string_buffer(size.value)
    return buffer.raw[: size.value] if ask(_CORE, buffer, ctypes.byref(size)) else b""
