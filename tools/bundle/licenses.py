"""The licences of all that is in the folder: whoever gives it to players owes them these."""

from __future__ import annotations

import re
import shutil
import sys
from importlib.metadata import distributions
from pathlib import Path

_TEXT = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)


def collect(target: Path) -> None:
    """Copy the licences of every package of this environment, and Python's, below `target`."""
    for package in distributions():
        for file in package.files or ():
            path = Path(str(package.locate_file(file)))
            if _TEXT.search(path.name) and ".." not in file.parts and path.is_file():
                copy = target / str(package.name) / Path(*file.parts)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, copy)
    # Where installers and distributions put Python's own.
    for folder in (Path(sys.base_prefix), Path(shutil.__file__).parent):
        for path in folder.glob("LICENSE*"):
            (target / "python").mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target / "python" / "LICENSE.txt")


if __name__ == "__main__":
    collect(Path(sys.argv[1]))
