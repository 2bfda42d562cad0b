"""Fetch the locked source of llama-cpp-python and build its wheel."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
import tempfile
from typing import TYPE_CHECKING

from tools.setup.commands import run_logged
from tools.setup.failure import SetupFailed
from tools.setup.identity import LIBRARY_ONLY, read_source
from tools.setup.places import CACHE, LOGS, REQUIREMENTS, ROOT, SOURCES, WHEELS, venv_python
from tools.setup.progress import Progress
from tools.setup.short import short_temporary
from tools.setup.toolkits import cuda_compiler

if TYPE_CHECKING:
    from pathlib import Path

    from tools.setup.identity import Identity

_LOCK = REQUIREMENTS / "llama.txt"
_NEEDED_BYTES = 1_500_000_000
# pip keeps wheels by name alone: one of other flags would be taken. Never its cache, then.
_PIP = ("-m", "pip", "--no-cache-dir", "--disable-pip-version-check")
_LOCKED = ("--no-deps", "--no-build-isolation", "--no-binary=:all:", "--require-hashes")


def cached_wheel(identity: Identity, wheels: Path = WHEELS) -> Path | None:
    """The wheel of exactly this identity, when it was built before."""
    return next((wheels / identity.name).glob("*.whl"), None)


def fetch_source() -> Path:
    """Download the source archive unless it is there; pip checks its hash."""
    source = read_source()
    version = source.version
    if found := next(SOURCES.glob(f"llama_cpp_python-{version}.tar.gz"), None):
        if hashlib.sha256(found.read_bytes()).hexdigest() == source.sha256:
            return found
        found.unlink()  # It was cut short.
    _say(f"Downloading llama.cpp's source (llama-cpp-python {version}, about 80 MB)")
    command = _pip("download", "-d", SOURCES)
    log = LOGS / "llama-download.log"
    with short_temporary() as temporary:  # pip unpacks what it downloads.
        surroundings = {**os.environ, **temporary}
        run_logged("The download of llama-cpp-python", command, log, environment=surroundings)
    return next(SOURCES.glob(f"llama_cpp_python-{version}.tar.gz"))


def build_wheel(identity: Identity) -> Path:
    """Build the wheel of an identity and keep it under its name; a few minutes."""
    _check_room()
    fetch_source()
    log = LOGS / "llama-build.log"
    _say(f"Building llama.cpp with {' '.join(identity.flags)} (log: {log.relative_to(ROOT)})")
    unfinished = WHEELS / f"{identity.name}.unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    progress = Progress("llama.cpp", sys.stderr)
    try:
        with short_temporary() as temporary:
            run_logged(
                "The build of llama.cpp",
                _pip("wheel", "-v", "--no-index", "-f", SOURCES, "-w", unfinished),
                log,
                environment={**_build_environment(identity), **temporary},
                on_line=progress.feed,
            )
    except BaseException:
        progress.close(f"stopped after {progress.elapsed}")
        raise
    progress.close(f"built in {progress.elapsed}")
    return _keep(unfinished, identity)


def _pip(verb: str, *options: str | Path) -> list[str | Path]:
    return [venv_python(), *_PIP, verb, *_LOCKED, "-r", _LOCK, *options]


def _keep(unfinished: Path, identity: Identity) -> Path:
    (unfinished / "identity.json").write_text(identity.describe(), encoding="utf-8")
    finished = WHEELS / identity.name
    shutil.rmtree(finished, ignore_errors=True)
    unfinished.rename(finished)
    return next(finished.glob("*.whl"))


def _build_environment(identity: Identity) -> dict[str, str]:
    # The file's path stays out of the identity (its text is in it): a checkout may move.
    flags = [*identity.flags, f"-DCMAKE_PROJECT_llama_cpp_INCLUDE={LIBRARY_ONLY.as_posix()}"]
    # CMake and ninja are those of the virtual environment, whatever else is installed.
    path = f"{venv_python().parent}{os.pathsep}{os.environ.get('PATH', '')}"
    compilers: dict[str, str] = {}
    jobs = os.environ.get("CMAKE_BUILD_PARALLEL_LEVEL") or str(_cores())
    if "-DGGML_CUDA=ON" in identity.flags and (compiler := cuda_compiler()):
        compilers = {"CUDACXX": compiler}  # NVIDIA's own packages leave it off the PATH.
    return {
        **os.environ,
        **compilers,
        "CMAKE_ARGS": shlex.join(flags),
        "CMAKE_BUILD_PARALLEL_LEVEL": jobs,
        "PATH": path,
    }


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # not where a container lends only some of them
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _check_room() -> None:
    CACHE.mkdir(exist_ok=True)
    for place in (str(CACHE), tempfile.gettempdir()):
        if shutil.disk_usage(place).free < _NEEDED_BYTES:
            raise SetupFailed(f"The disk is full: the build needs 1.5 GB free below {place}.")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
