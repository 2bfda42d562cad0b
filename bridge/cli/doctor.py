"""`hearsay doctor`."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import typer

from bridge.cli.checks import Check, exit_code, quick_checks, terminal_mark
from bridge.cli.failure import told
from bridge.cli.trial import trial_checks
from bridge.config import load_settings
from bridge.models.store import DEFAULT_MODEL, Model, embedded_path


def doctor(config: Path | None, *, as_json: bool) -> None:
    """Look at everything; exits 1 when something fails."""
    with told():
        settings = load_settings({}, config)
        model = Model(DEFAULT_MODEL, embedded_path())
        checks = quick_checks(settings, config, model)
        if not as_json:
            _show(checks)
        if settings.backend == "fake" or embedded_path().is_file():
            tried = trial_checks(settings, model)
            checks += tried
            if not as_json:
                _show(tried)
        if as_json:
            document = {"ok": not exit_code(checks), "checks": [asdict(each) for each in checks]}
            print(json.dumps(document, indent=2))  # noqa: T201
        raise typer.Exit(exit_code(checks))


def _show(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for check in checks:
        mark = (f"{check.status:4}", f"bold {terminal_mark(check.status)}")
        console.print(Text.assemble(mark, f"  {check.name:13}", check.found))
        if check.cure:
            console.print(Text(f"      {'':13}{check.cure}", "dim"))
    sys.stdout.flush()
