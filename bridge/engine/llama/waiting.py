"""
How llama.cpp's threads wait for each other: turning in circles or asleep, changed at run time.

GNU's OpenMP reads OMP_WAIT_POLICY and GOMP_SPINCOUNT once. Its manual says further that while
there are more OpenMP threads than processors, none spins if the policy is passive. So with
"passive" and a spin count, threads spin, unless somebody holds so many threads that sleep.
Where OpenMP is another's, nothing can be changed and threads wait as they were built to.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable
from functools import partial

StartAndStay = Callable[[Callable[[], None]], Callable[[], None]]
"""Runs its argument in a new thread and waits for it; the thread stays until the result is called.

An engine starts no threads, so it is given this.
"""


class Sleepers:
    """More OpenMP threads than there are processors, asleep; while they are held none spins."""

    def __init__(self, start: StartAndStay | None) -> None:
        self._start = start
        self._openmp = _gnu_openmp()
        self._release: Callable[[], None] | None = None

    @property
    def work(self) -> bool:
        """Whether it is known how to make the OpenMP of this process sleep."""
        return self._openmp is not None and self._start is not None

    def hold(self) -> None:
        """Let no thread spin from now on."""
        if self._openmp and self._start and self._release is None:
            self._release = self._start(partial(_gather, self._openmp))

    def release(self) -> None:
        """Let threads spin again."""
        if self._release:
            self._release()
            self._release = None


def _gather(openmp: ctypes.CDLL) -> None:
    # Every thread of the team calls a function that does nothing, then sleeps in its dock until
    # the thread that called here ends.
    count = openmp.omp_get_num_procs() + 1
    nothing = ctypes.cast(openmp.omp_get_thread_num, ctypes.c_void_p)
    openmp.GOMP_parallel(nothing, None, ctypes.c_uint(count), ctypes.c_uint(0))


def _gnu_openmp() -> ctypes.CDLL | None:
    """Return the GNU OpenMP that llama.cpp has loaded, if it has."""
    if not hasattr(os, "RTLD_NOLOAD"):  # Windows has none of it.
        return None
    try:
        return ctypes.CDLL("libgomp.so.1", mode=os.RTLD_NOLOAD)
    except OSError:  # Built with another OpenMP, or with none.
        return None
