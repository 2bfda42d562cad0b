"""Where the bench keeps what it makes, and what it is made with."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

ROOT = Path(__file__).resolve().parents[2]
"""The root of the repository."""

CACHE = ROOT / ".cache" / "bench"
"""Models, sources, builds and logs; safe to delete."""

console = Console(stderr=True, highlight=False)
"""Progress and complaints; standard output is for the figures."""


class BenchError(Exception):
    """The bench cannot go on; the message says what to do."""
