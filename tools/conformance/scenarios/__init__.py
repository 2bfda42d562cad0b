"""Every scenario of the suite; importing this package lists them."""

from __future__ import annotations

from tools.conformance.scenarios import (
    connections,
    deaths,
    drops,
    garbage,
    jobs,
    scripts,
    sessions,
    tools,
)

__all__ = ["connections", "deaths", "drops", "garbage", "jobs", "scripts", "sessions", "tools"]
