"""The Unity package compiled and run by Mono, which knows less C# than Unity's compiler."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tools.setup.places import ROOT

MCS, MONO = shutil.which("mcs") or "", shutil.which("mono") or ""
PACKAGE = ROOT / "plugins" / "unity" / "com.hearsay.bridge"
TESTS = Path(__file__).parent
ADVICE = "no mcs and mono on PATH; on Debian: apt-get install mono-mcs mono-runtime"
COMPILE_SECONDS = 120
PLAY_SECONDS = 120

_COMPILE = ("-langversion:7.2", "-warnaserror", "-debug", "-nologo")
_UNSET = "-nowarn:0649"
"""Fields that Unity's editor fills in look as if nobody did."""


def mcs(*words: object) -> None:
    """Compile; every warning is an error."""
    done = subprocess.run(
        [MCS, *_COMPILE, *map(str, words)],
        capture_output=True,
        encoding="utf-8",
        timeout=COMPILE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def sources(folder: Path) -> list[Path]:
    """Return all C# files of a folder and those within."""
    return sorted(folder.rglob("*.cs"))


def build_stub(folder: Path) -> Path:
    """Return the library that stands for Unity's."""
    library = folder / "UnityEngine.dll"
    mcs("-target:library", f"-out:{library}", *sources(TESTS / "stub"))
    return library


def build_package(folder: Path, stub: Path, *words: object) -> Path:
    """Return the package as a library of its own; what is public and undocumented is an error."""
    library = folder / "Hearsay.dll"
    documents = f"-doc:{folder / 'Hearsay.xml'}"
    options = ("-target:library", _UNSET, documents, f"-r:{stub}", f"-out:{library}")
    mcs(*options, *words, *sources(PACKAGE / "Runtime"))
    return library


def build_program(folder: Path, stub: Path, *names: str) -> Path:
    """Return a program of the tests', with the package's files in it: it sees what is internal."""
    program = folder / Path(names[-1]).with_suffix(".exe").name
    shutil.copy(stub, folder)
    own = [TESTS / name for name in names]
    files = [*sources(PACKAGE / "Runtime"), *sources(PACKAGE / "Samples~"), *own]
    mcs(_UNSET, "-r:System.Net.Http.dll", f"-r:{stub}", f"-out:{program}", *files)
    return program


def command(program: Path, *words: str) -> list[str]:
    """Return the command that runs a program; a fault names its line."""
    return [MONO, "--debug", str(program), *words]


def play(program: Path, *words: str, environment: dict[str, str] | None = None) -> str:
    """Run a program to its end and return what it said; fails when it does not end well."""
    done = subprocess.run(
        command(program, *words),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=PLAY_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
