"""The Unity package's client passes the conformance suite of the protocol."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.plugins.conformance import OWN, play_all
from tests.plugins.unity.project import build_program, command
from tools.conformance.__main__ import chosen
from tools.conformance.stage import Scenario


@pytest.fixture(scope="module")
def client(stub: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The command that starts a client."""
    folder = tmp_path_factory.mktemp("conform")
    return shlex.join(command(build_program(folder, stub, "Conform.cs")))


async def test_every_scenario_passes(client: str) -> None:
    assert await play_all(chosen([]), client) == {}


@pytest.mark.parametrize("scenario", OWN, ids=lambda scenario: scenario.name)
async def test_a_scenario_of_its_own_passes(client: str, scenario: Scenario) -> None:
    assert await play_all([scenario], client) == {}
