"""Install the OpenAI clients of others that the tests speak with, apart from everything else."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from tools import apart
from tools.setup.places import REQUIREMENTS, ROOT

FOLDER = ROOT / ".cache" / "clients"
PACKAGES = ("package.json", "package-lock.json")


def python() -> Path:
    """Return the interpreter that has the Python clients, whether it is there or not."""
    return apart.python_of(FOLDER / "python")


def node_folder() -> Path:
    """Return the folder in which scripts find the JavaScript clients."""
    return FOLDER / "node"


def install(_rest: Sequence[str] = ()) -> int:
    """Install what is locked, where it is not yet; JavaScript's only where npm is."""
    apart.environment(FOLDER / "python", [REQUIREMENTS / "clients.txt"])
    if npm := shutil.which("npm"):
        wanted = (ROOT / "tests" / "clients" / PACKAGES[1]).read_text(encoding="utf-8")
        apart.once(node_folder(), wanted, lambda: _install_node(npm))
    else:
        print("Without npm there are no JavaScript clients; install Node.js to test with them.")
    return 0


def _install_node(npm: str) -> None:
    for name in PACKAGES:
        shutil.copy(ROOT / "tests" / "clients" / name, node_folder())
    subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=node_folder(), check=True)
