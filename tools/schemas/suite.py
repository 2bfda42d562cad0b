"""The JSON-Schema-Test-Suite: what compiles, and what its instances say of that."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.engine.constraint import Constraint, ConstraintError, TokenTable
from bridge.engine.guidance import GuidanceCompiler
from bridge.errors import HearsayError
from bridge.grammar.lark import json_rule

PACKAGE = "jsonschema==4.26.0"
"""Its source archive carries the suite; the wheel does not."""

DRAFT = "json/tests/draft2020-12"
END = 256


@dataclass
class Tally:
    """What became of one file's schemas and their instances."""

    schemas: int = 0
    compiled: int = 0
    instances: int = 0
    agreed: int = 0
    wrong: list[str] = field(default_factory=list)
    """Invalid instances that were let through: there must be none."""
    narrow: list[str] = field(default_factory=list)
    """Valid instances that were not let through."""
    refused: list[str] = field(default_factory=list)
    """Why schemas were refused."""


def fetch(folder: Path) -> Path:
    """Return the folder of the required tests of draft 2020-12, downloaded once."""
    name = PACKAGE.replace("==", "-")
    target = folder / name / DRAFT
    if not target.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-deps", "--no-binary", ":all:", "--dest", str(folder), "--quiet"]
        subprocess.run(
            [sys.executable, "-m", "pip", "download", *options, PACKAGE], check=True, timeout=300
        )
        with tarfile.open(folder / f"{name}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return target


def tally(folder: Path) -> dict[str, Tally]:
    """Return what became of every file of a folder, by its name."""
    compiler = bytewise()
    return {path.stem: _tally(path, compiler) for path in sorted(folder.glob("*.json"))}


def bytewise() -> GuidanceCompiler:
    """Return a compiler whose tokens are the bytes, as an instance has no tokens."""
    texts = [*[bytes([byte]) for byte in range(256)], b"<end>"]
    return GuidanceCompiler(
        TokenTable(texts, frozenset(), frozenset({END}), lambda text: list(text.encode()))
    )


def accepts(start: Constraint, text: str) -> bool:
    """Return whether a text may be a whole reply."""
    constraint = start.copy()
    try:
        for byte in text.encode():
            constraint.accept(byte)
        return constraint.finished or bool(constraint.allowed()[END // 8] >> END % 8 & 1)
    except ConstraintError:
        return False


def table(tallies: dict[str, Tally]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    heads = ("file", "schemas", "compiled", "instances", "agreed", "too narrow", "wrongly accepted")
    yield f"| {' | '.join(heads)} |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, each in tallies.items():
        yield _row(name, each)
    yield _row("**all**", total(tallies))


def total(tallies: dict[str, Tally]) -> Tally:
    """Return the sum of all files."""
    whole = Tally()
    for each in tallies.values():
        whole.schemas += each.schemas
        whole.compiled += each.compiled
        whole.instances += each.instances
        whole.agreed += each.agreed
        whole.wrong += each.wrong
        whole.narrow += each.narrow
        whole.refused += each.refused
    return whole


def _row(name: str, each: Tally) -> str:
    counts = (each.schemas, each.compiled, each.instances, each.agreed)
    return f"| {name} | {' | '.join(map(str, counts))} | {len(each.narrow)} | {len(each.wrong)} |"


def _tally(path: Path, compiler: GuidanceCompiler) -> Tally:
    found = Tally()
    for case in json.loads(path.read_text(encoding="utf-8")):
        found.schemas += 1
        name = f"{path.stem}: {case['description']}"
        try:
            start = compiler.compile(f"start: {json_rule(case['schema'])}")
        except HearsayError as error:
            found.refused.append(f"{name}: {error.message}")
            continue
        found.compiled += 1
        for test in case["tests"]:
            _judge(found, start, test, name)
    return found


def _judge(found: Tally, start: Constraint, test: dict[str, Any], name: str) -> None:
    found.instances += 1
    accepted = accepts(start, json.dumps(test["data"], ensure_ascii=False))
    if accepted == test["valid"]:
        found.agreed += 1
    else:
        (found.wrong if accepted else found.narrow).append(f"{name}: {test['description']}")
