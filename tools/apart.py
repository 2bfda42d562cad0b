"""Environments apart from .venv, for what must not be in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

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


def install(folder: Path, locks: Sequence[Path], wheels: Sequence[Path] = ()) -> None:
    """Make an environment and install what is locked, and wheels without what they need."""
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    uv = shutil.which("uv")  # Not needed, but it takes seconds where pip takes minutes.
    own = [str(python_of(folder)), "-m", "pip", "install", "--disable-pip-version-check"]
    command = [uv, "pip", "install", "--python", str(python_of(folder))] if uv else own
    listed = [part for lock in locks for part in ("-r", str(lock))]
    subprocess.run([*command, "--quiet", "--require-hashes", *listed], check=True)
    for wheel in wheels:
        subprocess.run([*command, "--quiet", "--no-deps", str(wheel)], check=True)
