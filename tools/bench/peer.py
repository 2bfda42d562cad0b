"""llama-server of the same source and flags as our llama.cpp, to be measured against."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
from pathlib import Path

from tools.bench.places import CACHE, BenchError, console
from tools.bench.source import llama_source, llama_version

FLAGS = (
    "-DCMAKE_BUILD_TYPE=Release",
    "-DGGML_NATIVE=OFF",
    "-DLLAMA_BUILD_UI=OFF",
    "-DLLAMA_USE_PREBUILT_UI=OFF",
    "-DLLAMA_OPENSSL=OFF",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
)
"""What decides on speed (GGML_NATIVE, the build type) is as in our own build; the rest is size."""


def llama_server() -> Path:
    """Return the llama-server binary; building it the first time takes 10 minutes on two cores."""
    binary = _binary()
    if not binary.exists():
        _build(binary.parents[1])
    if not binary.exists():
        raise BenchError(f"The build left no {binary.name} in {binary.parent}")
    return binary


def built_llama_server() -> Path | None:
    """Return the llama-server binary if it was built before."""
    binary = _binary()
    return binary if binary.exists() else None


def _binary() -> Path:
    name = "llama-server.exe" if os.name == "nt" else "llama-server"
    return CACHE / f"llama-server-{_identity()}" / "bin" / name


def _identity() -> str:
    parts = (llama_version(), *FLAGS, platform.system(), platform.machine())
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


def _build(folder: Path) -> None:
    source = llama_source()
    if shutil.which("cmake") is None:
        raise BenchError("Building llama-server needs cmake on the path (pip install cmake)")
    console.print("Building llama-server, once (about 10 minutes on two cores) …")
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    _run("cmake", "-S", str(source), "-B", str(folder), *generator, *FLAGS, "--log-level=WARNING")
    cores = str(os.cpu_count() or 1)
    build = ("--target", "llama-server", "--config", "Release", "--parallel", cores)
    _run("cmake", "--build", str(folder), *build)


def _run(*command: str) -> None:
    # The build's own progress goes to the terminal; it is long enough to want to be watched.
    if subprocess.run(command, check=False).returncode != 0:
        raise BenchError(f"`{' '.join(command[:2])}` failed; see above")


def llama_server_command(
    binary: Path, model: Path, *, port: int, slots: int, context: int, batch: int, threads: int
) -> list[str]:
    """Return a command line that gives llama-server what Hearsay has: one cache for all slots."""
    options = {
        "--model": model,
        "--port": port,
        "--parallel": slots,
        "--ctx-size": context,
        "--batch-size": batch,
        "--ubatch-size": batch,
        "--threads": threads,
        "--threads-batch": threads,
        "--flash-attn": "on",
    }
    pairs = [str(part) for pair in options.items() for part in pair]
    return [str(binary), *pairs, "--host", "127.0.0.1", "--kv-unified", "--no-webui"]
