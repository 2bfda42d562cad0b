"""The generated C# in Mono, whose compiler knows less than Unity's; skipped where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.bridgegen.places import GOLDEN
from tests.tools.bridgegen.rewritten import VECTORS, check_rewritten
from tools.setup.places import ROOT

MCS, MONO = shutil.which("mcs"), shutil.which("mono")
pytestmark = pytest.mark.skipif(MCS is None or MONO is None, reason="no mcs and mono on PATH")
RUNTIME = Path("plugins/unity/com.hearsay.bridge/Runtime")


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, check=False, timeout=120)
    told = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, told
    return told


def compile_library(root: Path, folder: Path) -> Path:
    """Compile the generated files of a root, every warning an error; undocumented members too."""
    library = folder / "Hearsay.dll"
    options = ("-langversion:7.2", "-warnaserror", "-target:library", f"-doc:{folder / 'doc.xml'}")
    sources = [str(root / RUNTIME / name) for name in ("Protocol.g.cs", "Json.g.cs")]
    run(MCS or "", *options, f"-out:{library}", *sources)
    return library


@pytest.mark.parametrize("root", [ROOT, GOLDEN], ids=["ours", "a small protocol"])
def test_it_compiles_without_a_warning(root: Path, tmp_path: Path) -> None:
    compile_library(root, tmp_path)


def read(reader: str, folder: Path) -> list[str]:
    """Let a program read all vectors; return the lines that it says."""
    library = compile_library(ROOT, folder)
    program = folder / "Reader.exe"
    source = Path(__file__).with_name("readers") / reader
    run(MCS or "", "-langversion:7.2", f"-r:{library}", f"-out:{program}", str(source))
    return run(MONO or "", str(program), str(VECTORS)).splitlines()


def test_every_valid_document_survives_reading_and_writing(tmp_path: Path) -> None:
    assert check_rewritten(read("Vectors.cs", tmp_path)) > 500


def test_every_frame_of_a_wrong_form_is_refused_and_no_other(tmp_path: Path) -> None:
    cases = [json.loads(line) for line in read("Faults.cs", tmp_path)]
    wrong = [
        (file, name, fault)
        for file, name, fault in cases
        # A word that only a newer sidecar knows is taken as it is.
        if (fault == "") != (name.startswith("valid.") or name.endswith("is_an_unknown_word"))
    ]
    assert not wrong
    assert len(cases) > 300
