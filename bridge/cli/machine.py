"""What can be known of the processor without a library: its name and its vector instructions."""

from __future__ import annotations

import platform
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

X86 = ("x86_64", "amd64", "i386", "i686")
NOTABLE = ("sse4_2", "avx", "avx2", "f16c", "fma", "avx512f", "avx_vnni", "avx512_vnni", "amx_int8")
NOTABLE_ARM = ("neon", "asimd", "fphp", "asimddp", "i8mm", "sve", "bf16")

# PF_..._INSTRUCTIONS_AVAILABLE of winnt.h.
_WINDOWS_FEATURES = {38: "sse4_2", 39: "avx", 40: "avx2", 41: "avx512f", 43: "asimddp", 46: "sve"}


def is_x86() -> bool:
    """Return whether the processor is Intel's or AMD's kind."""
    return platform.machine().lower() in X86


def processor() -> str:
    """Return the processor's name, or its family where the name cannot be known."""
    name = ""
    if sys.platform == "linux":
        name = _cpuinfo("model name")
    elif sys.platform == "darwin":
        name = _sysctl("machdep.cpu.brand_string")
    return name or platform.processor() or platform.machine()


def features() -> set[str] | None:
    """Return the names of the instructions, as Linux writes them; None when nobody knows."""
    if sys.platform == "linux":
        found = set((_cpuinfo("flags") or _cpuinfo("Features")).split())
    elif sys.platform == "darwin":
        found = _mac_features()
    else:
        found = _windows_features()
    return found or None


def notable(found: set[str]) -> list[str]:
    """Return those that llama.cpp makes use of."""
    return [name for name in NOTABLE + NOTABLE_ARM if name in found]


def _cpuinfo(key: str) -> str:
    with suppress(OSError):
        text = Path("/proc/cpuinfo").read_text("utf-8", "replace")
        if line := re.search(rf"^{key}\s*:\s*(.*)$", text, re.MULTILINE):
            return line[1]
    return ""


def _mac_features() -> set[str]:
    if not is_x86():
        return {"neon", "asimd"}
    text = f"{_sysctl('machdep.cpu.features')} {_sysctl('machdep.cpu.leaf7_features')}"
    return {{"avx1.0": "avx", "sse4.2": "sse4_2"}.get(name, name) for name in text.lower().split()}


def _sysctl(name: str) -> str:
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.check_output(["sysctl", "-n", name], text=True, timeout=5).strip()
    return ""


def _windows_features() -> set[str]:
    if sys.platform == "win32":
        import ctypes

        present = ctypes.windll.kernel32.IsProcessorFeaturePresent
        return {name for number, name in _WINDOWS_FEATURES.items() if present(number)}
    return set()
