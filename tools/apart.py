"""Environments apart from .venv, for what must not be in it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.setup.commands import run_logged
from tools.setup.places import LOGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_RECORD = "installed.txt"


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment, whether it is there or not."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def once(folder: Path, wanted: str, make: Callable[[], None]) -> None:
    """Make a folder anew unless it holds what is wanted, as its record says."""
    record = folder / _RECORD
    if record.is_file() and record.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make()
    record.write_text(wanted, encoding="utf-8")


def environment(folder: Path, locks: Sequence[Path], wheels: Sequence[Path] = ()) -> Path:
    """
    Return the Python of an environment with what is locked, and wheels without what they need.

    It is made anew when any of that, this Python or the place has changed. Raises SetupFailed.
    """
    wanted = [str(folder), sys.version, str(Path(sys.executable).resolve())]
    wanted += [lock.read_text(encoding="utf-8") for lock in locks]
    wanted += [hashlib.sha256(wheel.read_bytes()).hexdigest() for wheel in wheels]
    once(folder, "\n".join(wanted), lambda: _install(folder, locks, wheels))
    return python_of(folder)


def _install(folder: Path, locks: Sequence[Path], wheels: Sequence[Path]) -> None:
    log = LOGS / f"{folder.name}.log"
    run_logged("Making an environment", [sys.executable, "-m", "venv", folder], log)
    uv = shutil.which("uv")  # Not needed, but it takes seconds where pip takes minutes.
    pip = [str(python_of(folder)), "-m", "pip", "install", "--disable-pip-version-check"]
    command = [uv, "pip", "install", "--python", str(python_of(folder))] if uv else pip
    listed = [part for lock in locks for part in ("-r", str(lock))]
    what = "The installation of the packages"
    run_logged(what, [*command, "--require-hashes", *listed], log)
    for wheel in wheels:
        run_logged("The installation of a wheel", [*command, "--no-deps", str(wheel)], log)
