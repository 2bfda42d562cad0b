"""What could make code of data, or a socket of a tensor, is nowhere in the house."""

from __future__ import annotations

import ast
from pathlib import Path

from tools.setup.places import ROOT

MODULES = {"pickle", "marshal", "shelve", "dill", "cloudpickle"}
CALLS = {"eval", "exec", "recv_pyobj", "send_pyobj", "system", "popen"}


def _found(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names} & MODULES
        elif isinstance(node, ast.ImportFrom):
            found |= {(node.module or "").partition(".")[0]} & MODULES
        elif isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            found |= {name} & CALLS
    return found


def test_nothing_that_is_read_can_become_code() -> None:
    files = sorted((ROOT / "bridge").rglob("*.py"))
    assert len(files) > 100
    assert {path.name: found for path in files if (found := _found(path))} == {}


def test_llama_cpp_is_built_without_remote_tensors() -> None:
    assert "-DGGML_RPC=OFF" in (ROOT / "tools" / "setup" / "choice.py").read_text(encoding="utf-8")
