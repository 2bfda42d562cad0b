"""How a run ends that looks for broken promises: they are printed, and its exit code tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import typer

MOST_TOLD = 50
"""Whoever has read so many lines knows what is wrong."""


def conclude(broken: Sequence[str], *, kept: bool = True) -> NoReturn:
    """Print what was broken and exit, with 1 if anything was or a promise was not `kept`."""
    for line in broken[:MOST_TOLD]:
        print(line)
    raise typer.Exit(1 if broken or not kept else 0)
