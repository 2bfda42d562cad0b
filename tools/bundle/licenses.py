"""The licences of all that is in the folder: whoever gives it to players owes them these."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

_TEXT = re.compile(r"(licen[cs]e|copying|notice|authors)[^/]*$", re.IGNORECASE)
_DOCUMENTS = Path("/usr/share/doc")


def of_packages(target: Path) -> None:
    """Copy the licences of every package of this environment, and Python's, below `target`."""
    for package in distributions():
        for file in package.files or ():
            path = Path(str(package.locate_file(file)))
            told = _TEXT.search(path.name) or "licenses" in file.parts[:-1]
            if told and ".." not in file.parts and path.is_file():
                _copy(path, target / str(package.name) / Path(*file.parts))
    # Where installers and distributions put Python's own.
    folders = (Path(sys.base_prefix), Path(shutil.__file__).parent)
    found = [path for folder in folders for path in folder.glob("LICENSE*")]
    if not found:
        sys.exit("Python's own licence was not found; what is made cannot be given to players.")
    _copy(found[0], target / "python" / "LICENSE.txt")


def of_llama(source: tarfile.TarFile, target: Path) -> None:
    """Copy the licences of llama.cpp and of what it is built with out of its source."""
    for member in source.getmembers():
        parts = PurePosixPath(member.name).parts[1:]
        own = parts[:2] == ("vendor", "llama.cpp") and "ui" not in parts
        if own and member.isfile() and _TEXT.search(member.name) and "cmake" not in parts:
            text = source.extractfile(member)
            if text is not None:
                copy = target.joinpath(*parts[2:])
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(text.read())


def of_system(libraries: Path, target: Path) -> None:
    """
    Copy the licences of the libraries that came from the system, where it is a Debian.

    On Windows and macOS they are Python's own, whose licence has theirs. Those that are missing are
    named.
    """
    missing: list[str] = []
    for library in sorted(libraries.glob("lib*.so*")):
        if library.is_symlink() or library.name.startswith("libpython"):
            continue  # A link leads to a package's own; Python brings its licence.
        package = _package(library.name)
        text = _DOCUMENTS / package / "copyright"
        if package and text.is_file():
            _copy(text, target / package / "copyright")
        else:
            missing.append(library.name)
    if missing:
        print(f"Look for the licences of: {', '.join(missing)}", file=sys.stderr)


def _package(library: str) -> str:
    command = ["dpkg", "--search", f"*/{library}"]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return ""
    return found.partition(":")[0]


def _copy(text: Path, copy: Path) -> None:
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(text, copy)


if __name__ == "__main__":
    of_packages(Path(sys.argv[1]))
