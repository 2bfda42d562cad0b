"""What OpenMP is told before llama.cpp loads it; `Sleepers` decide at run time how threads wait."""

from __future__ import annotations

from collections.abc import MutableMapping

SPIN_COUNT = "300000"
"""GNU's own default, a few milliseconds: a thread that waits longer sleeps."""


def prepare_waiting(environment: MutableMapping[str, str]) -> None:
    """Say how threads may wait, before OpenMP is loaded; who has said it already is obeyed."""
    if "OMP_WAIT_POLICY" not in environment and "GOMP_SPINCOUNT" not in environment:
        environment["GOMP_SPINCOUNT"] = SPIN_COUNT
    environment.setdefault("OMP_WAIT_POLICY", "passive")
