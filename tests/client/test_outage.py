"""How long is waited, with numbers."""

from __future__ import annotations

import math

import pytest

from bridge.client.outage import Outage, Patience


@pytest.mark.parametrize(("random", "expected"), [(0.0, 1.0), (1.0, 0.75)])
def test_waits_differ_by_up_to_a_quarter(random: float, expected: float) -> None:
    outage = Outage(Patience(), lambda: 0.0, lambda: random)
    outage.begin(refused=False)
    outage.begin(refused=False)
    assert outage.begin(refused=False) == expected


def test_a_connection_that_works_is_never_hopeless() -> None:
    outage = Outage(Patience(), lambda: 5.0, lambda: 0.0)
    assert outage.hopeless_at(None) == 10.0
    outage.end()
    assert outage.hopeless_at(None) == math.inf


def test_an_outage_counts_from_its_first_loss() -> None:
    now = 0.0
    outage = Outage(Patience(), lambda: now, lambda: 0.0)
    outage.end()
    now = 10.0
    outage.begin(refused=False)
    now = 20.0
    outage.begin(refused=False)
    assert outage.hopeless_at(120) == 130.0
    outage.begin(refused=True)
    assert outage.hopeless_at(120) == 12.5
