"""The engine of the Unity package, its parts and its samples, with a real sidecar."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugins.game import events
from tests.plugins.unity.project import TESTS, build_program, play

SUITES = {
    name: re.findall(r"(?m)^    public void (\w+)", (TESTS / f"{name}.cs").read_text("utf-8"))
    for name in ("EngineCases", "PartCases", "SampleCases")
}


@pytest.fixture(scope="module")
def said(sidecar: str, stub: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the program said while it ran all cases."""
    folder = tmp_path_factory.mktemp("suite")
    program = build_program(folder, stub, *(f"{name}.cs" for name in SUITES), "Suite.cs")
    return "".join(play(program, name, sidecar) for name in SUITES)


@pytest.mark.parametrize("case", [case for cases in SUITES.values() for case in cases])
def test_a_case_holds(said: str, case: str) -> None:
    faults = {event["name"]: event["faults"] for event in events(said)}
    assert faults.get(case) == [], said
