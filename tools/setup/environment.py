"""Make the virtual environment and install what is locked into it."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
import venv
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tools.setup import record
from tools.setup.commands import first_line, run_logged
from tools.setup.failure import SetupFailed
from tools.setup.identity import digest
from tools.setup.places import LOGS, REQUIREMENTS, ROOT, VENV, venv_python

if TYPE_CHECKING:
    from collections.abc import Sequence

_CHECK = (
    "import llama_cpp; llama_cpp.llama_backend_init(); "
    "print(llama_cpp.llama_print_system_info().decode())"
)

_SOUND = "import sys, pip._internal.cli.main; print(sys.version_info >= (3, 11) or sys.exit(1))"
"""What a sound environment says: an interrupted one may have half of pip."""


def interpreter(venv: Path = VENV) -> str:
    """The Python that .venv runs, wherever links lead to; an empty text where it is gone."""
    python = venv_python(venv)
    if os.name == "nt":  # There it is a launcher of the one that this file names.
        with suppress(OSError):
            settings = (venv / "pyvenv.cfg").read_text(encoding="utf-8", errors="replace")
            home = re.search(r"^home *= *(.+)$", settings, re.MULTILINE)
            python = Path(home[1].strip()) / "python.exe" if home else python
    return str(python.resolve()) if python.exists() else ""


def make_environment(*, moved: bool) -> None:
    """
    Make .venv unless it is there and works; raises SetupFailed without Python's venv.

    One that has `moved` is made anew: what was installed into it names the old place.
    """
    if not moved and first_line([venv_python(), "-c", _SOUND]):
        return
    if importlib.util.find_spec("ensurepip") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise SetupFailed(
            "This Python lacks the venv module. On Debian and Ubuntu: "
            f"sudo apt install python3-venv (or python{version}-venv)."
        )
    _say(f"Making a virtual environment in {VENV.name}")
    record.forget(VENV)  # First: a file that somebody holds may stay.
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)


def locks(*, developer: bool) -> list[Path]:
    """The lock files that a player or a developer needs."""
    names = ("dev",) if developer else ("runtime", "build")
    return [REQUIREMENTS / f"{name}.txt" for name in names]


def packages_digest(*, developer: bool) -> str:
    """A name for the locked packages, to see when they change."""
    return digest("".join(lock.read_text(encoding="utf-8") for lock in locks(developer=developer)))


def project_digest() -> str:
    """A name for what an editable installation copies: the project's own description."""
    return digest((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def install_packages(*, developer: bool) -> None:
    """Install the locked packages; every file must have a locked hash."""
    _say("Installing the locked packages")
    options: list[str | Path] = ["--require-hashes"]
    for lock in locks(developer=developer):
        options += ["-r", lock]
    _install("The installation of the packages", options, "packages.log")


def install_project() -> None:
    """Install Hearsay itself, editable: the command runs the files of this checkout."""
    options = ["--no-deps", "--no-build-isolation", "--editable", str(ROOT)]
    _install("The installation of Hearsay", options, "hearsay.log")


def install_wheel(wheel: Path) -> None:
    """Install a wheel of llama-cpp-python and see that it loads on this machine."""
    reinstall = "--reinstall" if _uv() else "--force-reinstall"
    _install(
        "The installation of llama.cpp", ["--no-deps", reinstall, str(wheel)], "llama-install.log"
    )
    log = LOGS / "llama-check.log"
    run_logged("The first run of llama.cpp", [venv_python(), "-c", _CHECK], log)


def _install(what: str, options: Sequence[str | Path], log: str) -> None:
    pip: list[str | Path] = [venv_python(), "-m", "pip", "install", "--disable-pip-version-check"]
    if uv := _uv():  # the same locks, an order of magnitude faster
        pip = [uv, "pip", "install", "--python", venv_python()]
    run_logged(what, [*pip, *options], LOGS / log)


def _uv() -> str | None:
    path = shutil.which("uv")
    return path if path and first_line([path, "--version"]) else None


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
