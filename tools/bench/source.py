"""The source of llama.cpp as it lies in the locked llama-cpp-python: vocabularies and a peer."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools.bench.places import CACHE, ROOT, BenchError, console

_LOCK = ROOT / "requirements" / "llama.txt"


def llama_version() -> str:
    """Return the locked version of llama-cpp-python; raises BenchError if there is none."""
    found = re.search(r"^llama-cpp-python==(\S+)", _LOCK.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise BenchError(f"{_LOCK.name} names no version of llama-cpp-python")
    return found[1]


def llama_source() -> Path:
    """Return the folder of llama.cpp's source; fetches the locked archive (77 MB) if needed."""
    name = f"llama_cpp_python-{llama_version()}"
    folder = CACHE / name
    if not folder.exists():
        _unpack(_fetch(name), folder)
    return folder / "vendor" / "llama.cpp"


def llama_vocabulary() -> Path:
    """Return llama.cpp's own vocabulary-only GGUF of Llama 3, with 128,256 tokens."""
    return llama_source() / "models" / "ggml-vocab-llama-bpe.gguf"


def _fetch(name: str) -> Path:
    CACHE.mkdir(parents=True, exist_ok=True)
    console.print(f"Fetching the source of {name} (77 MB) …")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--no-binary", "llama-cpp-python", "--require-hashes"]
    command += ["--requirement", str(_LOCK), "--dest", str(CACHE)]
    if subprocess.run(command, check=False).returncode != 0:
        raise BenchError("pip could not fetch the source of llama-cpp-python; see above")
    return CACHE / f"{name}.tar.gz"


def _unpack(archive: Path, folder: Path) -> None:
    # Beside the target first: an unpacking that was interrupted must not look finished.
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.unpack_archive(archive, part)
    (part / folder.name).replace(folder)
    part.rmdir()
    archive.unlink()
