"""Windows: every process that the gateway starts ends with it, however it ends."""

from __future__ import annotations

import logging
import sys

log = logging.getLogger(__name__)


def bind_children() -> None:
    """
    Put this process into a Job Object that kills its members when the last handle closes.

    The one handle is ours and is not inherited, so the workers go when we do, even when we are
    killed. Elsewhere this does nothing: there a worker sees the end of its standard input.
    """
    if sys.platform == "win32":
        try:
            _join_job()
        except OSError as error:
            log.warning("no job object, a killed gateway may leave workers behind: %s", error)


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    KILL_ON_JOB_CLOSE = 0x2000
    EXTENDED_LIMITS = 9

    class _BasicLimits(ctypes.Structure):
        _fields_ = [
            ("per_process_user_time", ctypes.c_int64),
            ("per_job_user_time", ctypes.c_int64),
            ("flags", wintypes.DWORD),
            ("minimum_working_set", ctypes.c_size_t),
            ("maximum_working_set", ctypes.c_size_t),
            ("active_processes", wintypes.DWORD),
            ("affinity", ctypes.c_size_t),
            ("priority_class", wintypes.DWORD),
            ("scheduling_class", wintypes.DWORD),
        ]

    class _ExtendedLimits(ctypes.Structure):
        _fields_ = [
            ("basic", _BasicLimits),
            ("io_counters", ctypes.c_uint64 * 6),
            ("process_memory", ctypes.c_size_t),
            ("job_memory", ctypes.c_size_t),
            ("peak_process_memory", ctypes.c_size_t),
            ("peak_job_memory", ctypes.c_size_t),
        ]

    def _join_job() -> None:
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.CreateJobObjectW.restype = wintypes.HANDLE
        kernel.CreateJobObjectW.argtypes = [ctypes.c_void_p, wintypes.LPCWSTR]
        kernel.SetInformationJobObject.argtypes = [
            wintypes.HANDLE,
            ctypes.c_int,
            ctypes.c_void_p,
            wintypes.DWORD,
        ]
        kernel.AssignProcessToJobObject.argtypes = [wintypes.HANDLE, wintypes.HANDLE]
        kernel.GetCurrentProcess.restype = wintypes.HANDLE
        job = _held(kernel.CreateJobObjectW(None, None))  # Never closed but by our end.
        limits = _ExtendedLimits()
        limits.basic.flags = KILL_ON_JOB_CLOSE
        size = ctypes.sizeof(limits)
        _held(kernel.SetInformationJobObject(job, EXTENDED_LIMITS, ctypes.byref(limits), size))
        _held(kernel.AssignProcessToJobObject(job, kernel.GetCurrentProcess()))

    def _held(result: int | None) -> int:
        if not result:
            raise ctypes.WinError(ctypes.get_last_error())
        return result
