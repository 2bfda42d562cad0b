"""Run other programs, keeping what they say."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tools.setup.failure import explain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


def run_logged(
    what: str,
    command: Sequence[str | Path],
    log: Path,
    *,
    environment: Mapping[str, str] | None = None,
    on_line: Callable[[str], None] = lambda _line: None,
) -> None:
    """
    Run a command, its output going to `log` and line by line to `on_line`.

    Raises SetupFailed with the end of the output when it fails; `what` names it to a person.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w", encoding="utf-8") as file,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            encoding="utf-8",
            errors="replace",
        ) as process,
    ):
        for line in process.stdout or ():
            file.write(line)
            on_line(line)
    if process.returncode != 0:
        raise explain(what, log.read_text(encoding="utf-8"), log)


def first_line(command: Sequence[str | Path]) -> str | None:
    """The first line that a command prints; None when it is not there or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.partition("\n")[0].strip()
