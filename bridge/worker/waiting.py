"""What OpenMP is told before llama.cpp loads it; `Sleepers` decide at run time how threads wait."""

from __future__ import annotations

from collections.abc import MutableMapping

SPIN_COUNT = "10000"
"""
A quarter of a millisecond, then a thread that waits sleeps; GNU's own default is thirty times that.

Long enough for nearly all that threads of one step wait for each other, and short enough to be
tried beside other programs: whose partner has lost its core loses no more than this at a barrier.
"""


def prepare_waiting(environment: MutableMapping[str, str]) -> None:
    """Say how threads may wait, before OpenMP is loaded; who has said it already is obeyed."""
    if "OMP_WAIT_POLICY" not in environment and "GOMP_SPINCOUNT" not in environment:
        environment["GOMP_SPINCOUNT"] = SPIN_COUNT
    environment.setdefault("OMP_WAIT_POLICY", "passive")
