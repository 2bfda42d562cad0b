"""What each character of a session has cost, for so many of them."""

from __future__ import annotations

import pytest

from bridge.jobs import ledger as module
from bridge.jobs.job import Job
from bridge.jobs.ledger import Ledger


def job() -> Job:
    return Job("m", 1, lambda: None, 0.0)


def test_only_what_a_character_says_is_on_an_account() -> None:
    ledger = Ledger()
    ledger.open(None, job())
    assert ledger.loads() == []


def test_the_number_of_accounts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_CHARACTERS", 2)
    ledger = Ledger()
    for name in ("a", "b", "c", "a"):
        ledger.open(name, job())
    assert [(load.character, load.open) for load in ledger.loads()] == [("a", 2), ("b", 1)]
