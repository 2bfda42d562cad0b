"""The tasks of `python -m tools`, and of make."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from tools.clients import install
from tools.lock import lock
from tools.setup.places import ROOT, VENV, venv_python

if TYPE_CHECKING:
    from collections.abc import Callable

_BUILT = ("build", "dist", ".coverage", "htmlcov")
_CACHES = (".hypothesis", ".import_linter_cache", ".mypy_cache", ".pytest_cache", ".ruff_cache")
_GDSCRIPT = (
    "plugins/godot/addons",
    "plugins/godot/samples/barks",
    "plugins/godot/samples/tavern",
    "tests/plugins/godot/game",
    "tests/tools/bridgegen/readers",
    "tools/bench/game",
)
"""The samples of the specification are not among them: they stand as they are printed."""

_LINTERS = (
    ("ruff", "format", "--check"),
    ("ruff", "check"),
    ("mypy",),
    ("lint-imports", "--no-logo"),
    ("python", "-m", "tools.bridgegen", "--check"),
    ("gdformat", "--check", *_GDSCRIPT),
    ("gdlint", *_GDSCRIPT),
)


class Needs(Enum):
    """What must be installed before a task."""

    NOTHING = "nothing"
    PLAYER = "player"
    DEVELOPER = "developer"


@dataclass(frozen=True)
class Task:
    """Something that people do with a checkout; `run` returns an exit status."""

    help: str
    run: Callable[[list[str]], int]
    needs: Needs = Needs.NOTHING
    takes_arguments: bool = True


def _module(*command: str) -> Callable[[list[str]], int]:
    return lambda rest: _become([str(venv_python()), "-m", *command, *rest])


def _nothing(_rest: list[str]) -> int:
    """What a task needs is done before it; set-up is all need and no task."""
    return 0


def _lint(rest: list[str]) -> int:
    """Run every linter, also after one has failed: one look then shows all there is to mend."""
    failed = [" ".join(linter) for linter in _LINTERS if not _passes([*linter, *rest])]
    if failed:
        print(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def _passes(linter: list[str]) -> bool:
    print(f"== {' '.join(linter)}", flush=True)
    suffix = ".exe" if os.name == "nt" else ""
    program = venv_python().with_name(linter[0] + suffix)
    return subprocess.run([program, *linter[1:]], cwd=ROOT, check=False).returncode == 0


def _gen(rest: list[str]) -> int:
    made = [
        subprocess.run([venv_python(), "-m", module, *words], cwd=ROOT, check=False).returncode
        for module, words in (("tools.bridgegen", rest), ("tools.unity", []))
    ]
    return max(made)


def _check(rest: list[str]) -> int:
    linted = _lint([])
    tested = subprocess.run([venv_python(), "-m", "pytest", *rest], cwd=ROOT, check=False)
    return linted or tested.returncode


def _clean(rest: list[str]) -> int:
    """Delete what was built; with `--all` also the environment and the cached llama.cpp."""
    names = [*_BUILT, *_CACHES, *([".venv", ".cache"] if "--all" in rest else [])]
    for name in names:
        path = ROOT / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return 0


def _help(_rest: list[str]) -> int:
    width = max(map(len, TASKS))
    print("make TASK, or on any system: python -m tools TASK\n")
    for name, task in TASKS.items():
        print(f"  {name:<{width}}  {task.help}")
    print('\nMore arguments for a task: make test ARGS="-k words". An accelerator for the build:')
    print("make setup ACCELERATOR=cuda")
    return 0


def _become(command: list[str]) -> int:
    """Let a program take this one's place, Ctrl-C and exit status included."""
    environment = {key: os.environ[key] for key in os.environ if key != "HEARSAY_ACCELERATOR"}
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)
    # Windows has no exec. Both processes hear Ctrl-C there; the program alone may answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return subprocess.run(command, env=environment, check=False).returncode


TASKS = {
    "setup": Task(
        f"make {VENV.name}, with llama.cpp built; a second run has nothing to do",
        _nothing,
        Needs.PLAYER,
        takes_arguments=False,
    ),
    "demo": Task("speak with the built-in model", _module("bridge", "demo"), Needs.PLAYER),
    "test": Task("run the tests", _module("pytest"), Needs.DEVELOPER),
    "clients": Task(
        "install the OpenAI clients of others for the tests to speak with",
        install,
        takes_arguments=False,
    ),
    "lint": Task(
        "check formatting, rules, types, floors and generated files", _lint, Needs.DEVELOPER
    ),
    "check": Task("lint and test", _check, Needs.DEVELOPER),
    "bench": Task("measure speed and memory", _module("tools.bench"), Needs.DEVELOPER),
    "bench-peers": Task(
        "measure beside llama-server, which is built first",
        _module("tools.bench", "peers"),
        Needs.DEVELOPER,
    ),
    "bench-scenes": Task(
        "play what games need beside llama-server",
        _module("tools.bench", "scenes"),
        Needs.DEVELOPER,
    ),
    "model": Task("make the built-in model", _module("tools.demo_model"), Needs.DEVELOPER),
    "godot": Task(
        "get a Godot for the tests of its plugin, if there is none (Debian)",
        _module("tools.godot"),
        Needs.DEVELOPER,
        takes_arguments=False,
    ),
    "gen": Task(
        "write what is generated from protocol/hearsay.yaml, and Unity's .meta files",
        _gen,
        Needs.DEVELOPER,
    ),
    "bundle": Task(
        "make the sidecar that players get, with Python and llama.cpp in it: dist/hearsay",
        _module("tools.bundle"),
        Needs.PLAYER,
    ),
    "wheel": Task(
        "build the wheel and the source archive into dist/",
        _module("hatchling", "build", "-d", "dist", "-t", "sdist", "-t", "wheel"),
        Needs.PLAYER,
    ),
    "lock": Task("lock the dependencies again; --upgrade for newer ones (needs uv)", lock),
    "clean": Task("delete what was built; --all: the environment and caches too", _clean),
    "help": Task("show this list", _help),
}
