"""Make the folder: `python -m tools bundle`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tarfile
from pathlib import Path

from tools import apart
from tools.bundle.licenses import of_llama, of_system
from tools.setup import llama, prepare, record
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
    *("--exclude-module", "setuptools"),  # A library asks whether it is there.
    *("--exclude-module", "pkg_resources"),
    *("--exclude-module", "readline"),  # GNU's, under the GPL: no game could ship it.
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
    Write the sidecar of this checkout into a folder, in place of the one that was there before.

    llama.cpp is the one of .venv, with its accelerator. Raises SetupFailed.
    """
    if target.exists() and not (target / "_internal" / "bridge").is_dir():
        raise SetupFailed(f"{target} is there and is no sidecar; name a folder that is not.")
    wheel = prepare.wheel(record.load(VENV).choice or Choice())
    python = apart.environment(FOLDER / "environment", LOCKS, [wheel])
    print(f"Bundling into {target}; a minute or two", file=sys.stderr, flush=True)
    made = _made(python)
    _put(made, target)
    size = sum(file.lstat().st_size for file in target.rglob("*")) / 1e6
    print(f"{target}: {size:.0f} MB", file=sys.stderr)


def _made(python: Path) -> Path:
    folder = FOLDER / "made"
    command: list[str | Path] = [python, "-m", "PyInstaller", *_HOW, *_WHAT, "--name", "hearsay"]
    command += ["--paths", ROOT, "--specpath", FOLDER, "--workpath", FOLDER / "work"]
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT)}
    run_logged(
        "The bundling",
        [*command, "--distpath", folder, ENTRY],
        LOGS / "bundle.log",
        environment=surroundings,
    )
    made = folder / "hearsay"
    with tarfile.open(llama.fetch_source()) as source:
        of_llama(source, made / "licenses" / "llama.cpp")
    of_system(made / "_internal", made / "licenses" / "system")
    run_logged(
        "Collecting the licences",
        [python, "-m", "tools.bundle.licenses", made / "licenses"],
        LOGS / "bundle-licenses.log",
        environment=surroundings,
    )
    shutil.copy(ROOT / "LICENSE", made / "licenses")
    return made


def _put(made: Path, target: Path) -> None:
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        if target.exists():
            target.rename(old)  # All of it or nothing: Windows keeps what runs.
        shutil.move(made, target)
    except OSError as error:
        raise SetupFailed(f"{target} cannot be replaced ({error}); does it run?") from None
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
