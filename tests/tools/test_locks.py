"""The locks: exact versions, a hash for every file, and no address."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import cast

import pytest

from tools.setup.places import REQUIREMENTS, ROOT

LOCKS = ("runtime", "build", "llama", "dev", "clients")
PIN = re.compile(r"^([a-z0-9-]+)==(\S+)(?: ; [^\\]+)? \\\n((?:    --hash=.*\n)+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


def read(lock: str) -> str:
    return (REQUIREMENTS / f"{lock}.txt").read_text(encoding="utf-8")


def pins(lock: str) -> set[tuple[str, str]]:
    return {(name, version) for name, version, _ in PIN.findall(read(lock))}


def project() -> dict[str, list[str]]:
    """The names that pyproject.toml asks for, by list."""
    document = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = cast("dict[str, list[str]]", document["dependency-groups"])
    lists = {"runtime": document["project"]["dependencies"], **groups}
    return {
        name: [re.split(r"[\[<>=]", item)[0] for item in items if isinstance(item, str)]
        for name, items in lists.items()
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_is_one_version_with_hashes(lock: str) -> None:
    entries = [line for line in read(lock).splitlines() if line and line[0] not in " #"]
    found = PIN.findall(read(lock))
    assert len(found) == len(entries)
    for _, _, hashes in found:
        lines = hashes.splitlines()
        assert len(HASH.findall(hashes)) == len(lines)


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.iterdir()), ids=lambda path: path.name)
def test_no_lock_holds_an_address(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"://|index-url|find-links|trusted-host|pypi\.org", text)


def test_everything_the_project_asks_for_is_locked() -> None:
    wanted = project()
    runtime = {name for name, _ in pins("runtime") | pins("llama")}
    assert set(wanted["runtime"]) <= runtime
    assert set(wanted["build"]) <= {name for name, _ in pins("build")}
    dev = {name for name, _ in pins("dev")}
    assert {*wanted["test"], *wanted["lint"], *wanted["generate"]} <= dev
    assert set(wanted["clients"]) <= {name for name, _ in pins("clients")}


def test_developers_run_what_players_run() -> None:
    assert pins("runtime") | pins("build") <= pins("dev")


def test_llama_is_locked_as_its_source_alone() -> None:
    assert len(HASH.findall(read("llama"))) == 1
    assert not {name for name, _ in pins("runtime") | pins("dev")} & {"llama-cpp-python"}


def test_every_dependency_is_named_with_its_reason() -> None:
    reasons = (REQUIREMENTS / "README.md").read_text(encoding="utf-8")
    names = {name for items in project().values() for name in items}
    unexplained = {name for name in names if not re.search(rf"\b{name}\b", reasons)}
    assert unexplained == set()
