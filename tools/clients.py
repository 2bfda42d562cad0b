"""Install the OpenAI clients of others that the tests speak with, apart from everything else."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tools.setup.places import REQUIREMENTS, ROOT

FOLDER = ROOT / ".cache" / "clients"
PACKAGES = ("package.json", "package-lock.json")
_RECORD = "installed.txt"


def python() -> Path:
    """Return the interpreter that has the Python clients, whether it is there or not."""
    place = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    return FOLDER / "python" / place


def node_folder() -> Path:
    """Return the folder in which scripts find the JavaScript clients."""
    return FOLDER / "node"


def install(_rest: Sequence[str] = ()) -> int:
    """Install what is locked, where it is not yet; JavaScript's only where npm is."""
    lock = REQUIREMENTS / "clients.txt"
    _once(FOLDER / "python", lock.read_text(encoding="utf-8"), _install_python)
    if npm := shutil.which("npm"):
        wanted = (ROOT / "tests" / "clients" / PACKAGES[1]).read_text(encoding="utf-8")
        _once(node_folder(), wanted, lambda: _install_node(npm))
    else:
        print("Without npm there are no JavaScript clients; install Node.js to test with them.")
    return 0


def _once(folder: Path, wanted: str, make: Callable[[], None]) -> None:
    record = folder / _RECORD
    if record.is_file() and record.read_text(encoding="utf-8") == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    make()
    record.write_text(wanted, encoding="utf-8")


def _install_python() -> None:
    subprocess.run([sys.executable, "-m", "venv", FOLDER / "python"], check=True)
    uv = shutil.which("uv")  # Not needed, but it takes seconds where pip takes minutes.
    own = [str(python()), "-m", "pip", "install"]
    command = [uv, "pip", "install", "--python", str(python())] if uv else own
    lock = str(REQUIREMENTS / "clients.txt")
    subprocess.run([*command, "--quiet", "--require-hashes", "-r", lock], check=True)


def _install_node(npm: str) -> None:
    for name in PACKAGES:
        shutil.copy(ROOT / "tests" / "clients" / name, node_folder())
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=node_folder(), check=True)
