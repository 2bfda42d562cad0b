"""The generated C header compiles in every standard, and as C++."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.bridgegen.places import GOLDEN
from tools.setup.places import ROOT

CC = shutil.which("cc")
HEADER = Path("plugins/native/hearsay_protocol.gen.h")
USE = """
#define NAME(name, number, word) word,
static const char *words[] = {HEARSAY_ERRORS(NAME) 0};
int main(void) { return words[0] == 0 || HEARSAY_OK != 0; }
"""


@pytest.mark.skipif(CC is None, reason="no C compiler")
@pytest.mark.parametrize("standard", ["c89", "c99", "c11", "c++17"])
@pytest.mark.parametrize("root", [ROOT, GOLDEN], ids=["ours", "a small protocol"])
def test_the_header_compiles_without_a_warning(standard: str, root: Path, tmp_path: Path) -> None:
    source = tmp_path / "use.c"
    source.write_text(f'#include "{(root / HEADER).as_posix()}"\n{USE}', encoding="utf-8")
    language = "c++" if standard.startswith("c++") else "c"
    command = [
        *(CC or "", "-x", language, f"-std={standard}", "-pedantic", "-Wall", "-Wextra", "-Werror"),
        *("-fsyntax-only", str(source)),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
