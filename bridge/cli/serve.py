"""`hearsay serve`."""

from __future__ import annotations

import sys
from pathlib import Path

from bridge.cli.failure import told
from bridge.config import ConfigError, Settings, Values, load_settings


def serve(given: Values, config: Path | None) -> None:
    """Run a gateway with what the command line gave over everything else."""
    with told():
        settings = load_settings(given, config)
        if settings.sidecar and "port" not in given:
            settings = load_settings({**given, "port": 0}, config)
        if settings.share is not None and not settings.sidecar:
            reason = "share: only a sidecar is shared; add --sidecar or leave share away."
            raise ConfigError(reason)
        _run(settings)


def _run(settings: Settings) -> None:
    from bridge.gateway.run import run  # Only now: wrong settings are told at once.

    if settings.sidecar or not sys.stderr.isatty():
        run(settings)
        return
    import rich

    from bridge.cli.panel import Panel

    rich.reconfigure(stderr=True)
    run(settings, Panel(rich.get_console()))
