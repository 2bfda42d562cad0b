"""Make the folder: `python -m tools bundle`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from tools import apart
from tools.setup import prepare, record
from tools.setup.choice import Choice
from tools.setup.commands import run_logged
from tools.setup.failure import SetupFailed
from tools.setup.places import CACHE, LOGS, REQUIREMENTS, ROOT, VENV

FOLDER = CACHE / "bundle"
TARGET = ROOT / "dist" / "hearsay"
ENTRY = Path(__file__).with_name("entry.py")
LOCKS = (REQUIREMENTS / "runtime.txt", REQUIREMENTS / "bundle.txt")

_WHAT = (
    *("--collect-submodules", "bridge", "--collect-data", "bridge"),
    *("--collect-binaries", "llama_cpp"),
    *("--copy-metadata", "llguidance"),  # It asks for its own version.
)
# One folder and no single file: that unpacks itself at each start, which takes seconds and is
# what virus scanners take for a virus. Nothing is compressed or stripped, for the same reasons.
_HOW = ("--noconfirm", "--clean", "--onedir", "--console", "--noupx", "--log-level", "WARN")


def main() -> int:
    """Make the folder and say where it is."""
    parser = argparse.ArgumentParser(prog="python -m tools bundle", description=__doc__)
    parser.add_argument("--output", type=Path, default=TARGET, help="the folder to make")
    options = parser.parse_args()
    try:
        bundle(options.output.resolve())
    except SetupFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0


def bundle(target: Path) -> None:
    """
    Write the sidecar of this checkout into a folder, in place of what was made there before.

    llama.cpp is the one of .venv, with its accelerator. Raises SetupFailed.
    """
    if target.exists() and not (target / "_internal").is_dir():
        raise SetupFailed(f"{target} is there and is no sidecar; name a folder that is not.")
    python = _environment()
    print(f"Bundling into {target}; a minute or two", file=sys.stderr, flush=True)
    made = FOLDER / "made"
    command: list[str | Path] = [python, "-m", "PyInstaller", *_HOW, *_WHAT, "--name", "hearsay"]
    command += ["--paths", ROOT, "--specpath", FOLDER, "--workpath", FOLDER / "work"]
    log = LOGS / "bundle.log"
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    run_logged("The bundling", [*command, "--distpath", made, ENTRY], log, environment=surroundings)
    licenses: list[str | Path] = [
        python,
        "-m",
        "tools.bundle.licenses",
        made / "hearsay" / "licenses",
    ]
    run_logged("Collecting the licences", licenses, log, environment=surroundings)
    shutil.copy(ROOT / "LICENSE", made / "hearsay" / "licenses")
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(made / "hearsay", target)
    size = sum(file.lstat().st_size for file in target.rglob("*")) / 1e6
    print(f"{target}: {size:.0f} MB", file=sys.stderr)


def _environment() -> Path:
    """Return the Python of an environment that has what players need, and nothing else."""
    wheel = prepare.wheel(record.load(VENV).choice or Choice())
    folder = FOLDER / "environment"
    wanted = "\n".join([*(lock.read_text(encoding="utf-8") for lock in LOCKS), str(wheel)])
    apart.once(folder, wanted, lambda: apart.install(folder, LOCKS, [wheel]))
    return apart.python_of(folder)


if __name__ == "__main__":
    sys.exit(main())
