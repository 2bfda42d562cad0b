"""The generated C++: plain compilers take all of it, since nothing in it is Unreal's."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tools.bridgegen.places import GOLDEN
from tests.tools.bridgegen.rewritten import VECTORS, check_rewritten
from tools.setup.places import ROOT

COMPILERS = {
    name: path
    for name in ("g++", "clang++", "clang++-14")
    if (path := shutil.which(name)) is not None
}
SOURCES = Path("plugins/unreal/Hearsay/Source/Hearsay/Private")
READERS = Path(__file__).with_name("readers")
OPTIONS = (
    "-fno-exceptions", "-fno-rtti", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion",
    "-Wundef", "-Werror",
)  # fmt: skip
USE = """
#include "HearsayProtocol.gen.h"
bool IsKnown(const char* Frame) { return bool(Hearsay::ReadServerMessage(Frame)); }
std::string Again(const Hearsay::ClientMessage& Message) { return Hearsay::WriteFrame(Message); }
"""


def run(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def build(compiler: str, source: Path, folder: Path, *options: str) -> Path:
    """Compile one of the readers with our headers, and a list of every type in the vectors."""
    files = (json.loads(path.read_text(encoding="utf-8")) for path in VECTORS.rglob("*.json"))
    kinds = {vectors["type"] for vectors in files} - {"ClientMessage"}
    lines = "".join(f"KIND({name})\n" for name in sorted(kinds))
    (folder / "kinds.inc").write_text(lines, encoding="utf-8")
    program = folder / "program"
    places = (f"-I{ROOT / SOURCES}", f"-I{folder}")
    run(compiler, "-std=c++17", *OPTIONS, *options, *places, source, "-o", program)
    return program


class Told(NamedTuple):
    """What the reader made of a document: its text, written again, or the field to blame."""

    file: str
    name: str
    again: str | None
    blamed: str | None


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> list[Told]:
    """What is made of every document of the vectors; a fault of memory fails here."""
    folder = tmp_path_factory.mktemp("cpp")
    options = ("-g1", "-fsanitize=address,undefined")
    program = build(COMPILERS["g++"], READERS / "vectors.cpp", folder, *options)
    return [Told(*json.loads(line)) for line in run(program, VECTORS).splitlines()]


@pytest.mark.parametrize("standard", ["c++17", "c++20"])
@pytest.mark.parametrize("compiler", [*COMPILERS.values()], ids=[*COMPILERS])
@pytest.mark.parametrize("root", [ROOT, GOLDEN], ids=["ours", "a small protocol"])
def test_it_compiles_without_a_warning(
    root: Path, compiler: str, standard: str, tmp_path: Path
) -> None:
    source = tmp_path / "use.cpp"
    source.write_text(USE, encoding="utf-8")
    run(compiler, f"-std={standard}", *OPTIONS, f"-I{root / SOURCES}", "-fsyntax-only", source)


def test_every_header_can_be_included_alone(tmp_path: Path) -> None:
    for header in sorted((ROOT / SOURCES).glob("*.gen.h")):
        source = tmp_path / "use.cpp"
        source.write_text(f'#include "{header.name}"\n', encoding="utf-8")
        run(COMPILERS["g++"], "-std=c++17", *OPTIONS, f"-I{header.parent}", "-fsyntax-only", source)


def test_every_valid_document_survives_reading_and_writing(told: list[Told]) -> None:
    again = [json.dumps(each[:3]) for each in told if each.again is not None]
    assert check_rewritten(again, huge=True) > 500


def test_every_valid_frame_is_read(told: list[Told]) -> None:
    assert [each for each in told if each.name.startswith("valid.") and each.again is None] == []


def test_every_document_of_a_wrong_form_is_refused_and_the_right_field_is_blamed(
    told: list[Told],
) -> None:
    params = {
        (path.relative_to(VECTORS).as_posix(), case["name"]): case.get("param", "")
        for path in VECTORS.rglob("*.json")
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
    }
    for each in told:
        # What breaks a bound has the right form: that is for the sidecar to tell.
        if each.name.startswith("invalid.") and "_beyond_its_" not in each.name:
            assert each.blamed == params[each.file, each.name], each


@pytest.mark.slow
@pytest.mark.skipif(not any("clang" in name for name in COMPILERS), reason="no clang++")
def test_a_minute_of_fuzzing_finds_nothing(tmp_path: Path) -> None:
    clang = next(path for name, path in COMPILERS.items() if "clang" in name)
    sanitizers = ("-fsanitize=fuzzer,address,undefined", "-fno-sanitize=vptr")
    options = ("-O1", "-g1", *sanitizers, "-fno-sanitize-recover=all")
    program = build(clang, READERS / "fuzz.cpp", tmp_path, *options)
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    texts = [
        case["text"]
        for path in VECTORS.rglob("*.json")
        for case in json.loads(path.read_text(encoding="utf-8"))["cases"]
    ]
    for number, text in enumerate(texts):
        (corpus / str(number)).write_text(text, encoding="utf-8")
    limits = ("-max_total_time=60", "-max_len=4096", "-timeout=5", "-close_fd_mask=3")
    run(program, *limits, f"-artifact_prefix={tmp_path}/", corpus)
