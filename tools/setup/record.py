"""Remember what a virtual environment holds, so that a second run has nothing to do."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from tools.setup.choice import Choice

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "hearsay-setup.json"


@dataclass(frozen=True)
class Record:
    """What was installed; empty strings where nothing was."""

    packages: str = ""
    project: str = ""
    llama: str = ""
    developer: bool = False
    choice: Choice | None = None
    place: str = ""
    python: str = ""


def load(venv: Path) -> Record:
    """Read the record of a virtual environment; one that cannot be read counts as empty."""
    try:
        fields = json.loads((venv / _NAME).read_text(encoding="utf-8"))
        choice = fields.pop("choice")
        return Record(**fields, choice=Choice(**choice) if choice else None)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Record()


def save(venv: Path, record: Record) -> None:
    """Write the record, whole or not at all."""
    draft = venv / f"{_NAME}.new"
    draft.write_text(json.dumps(asdict(record), indent=2), encoding="utf-8")
    draft.replace(venv / _NAME)


def forget(venv: Path) -> None:
    """Take the record away: what the environment holds is no longer known."""
    (venv / _NAME).unlink(missing_ok=True)
