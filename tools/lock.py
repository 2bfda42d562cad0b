"""Write requirements/*.txt: every version and the hash of every file, and no address."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from typing import TYPE_CHECKING

from tools.setup.failure import SetupFailed
from tools.setup.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

_LLAMA = "llama-cpp-python"
_OPTIONS = (
    *("--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-header", "--no-emit-index-url", "--no-emit-find-links"),
)


def lock(rest: Sequence[str] = ()) -> int:
    """
    Resolve pyproject.toml for every system and Python; `--upgrade` asks for newer versions.

    llama.cpp is locked apart, as source: set-up builds it with flags of its own.
    """
    runtime, build = "requirements/runtime.txt", "requirements/build.txt"
    project = ["pyproject.toml", "--no-emit-package", _LLAMA]
    _compile("llama.txt", ["-", "--no-deps", *rest], stdin=_llama_pin())
    _compile("runtime.txt", [*project, *rest])
    _compile("build.txt", ["--group", "pyproject.toml:build", "-c", runtime, *rest])
    within = ["-c", runtime, "-c", build]
    _compile("dev.txt", [*project, "--group", "dev", *within, *rest])
    _compile("bundle.txt", ["--group", "pyproject.toml:bundle", "-c", runtime, *rest])
    _compile("clients.txt", ["--group", "pyproject.toml:clients", *rest])
    return 0


def _compile(name: str, arguments: list[str], stdin: str | None = None) -> None:
    uv = shutil.which("uv")
    if uv is None:
        raise SetupFailed("The locks are written by uv. Install it: python -m pip install uv")
    # Paths are relative: uv writes down where a pin came from; no machine's folders belong there.
    command = [uv, "pip", "compile", *arguments, *_OPTIONS, "-o", f"requirements/{name}"]
    done = subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise SetupFailed(f"uv could not lock {name}:\n{done.stderr}")
    print(f"requirements/{name}")


def _llama_pin() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return next(str(item) for item in project["dependencies"] if item.startswith(_LLAMA))
