"""Everything behind a connection, and one client that has said nothing yet."""

from __future__ import annotations

import pytest

from tests.jobs.speaker import House, Speaker


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def speaker(house: House) -> Speaker:
    return Speaker(house)
