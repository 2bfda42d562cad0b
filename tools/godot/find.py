"""Where there is a Godot on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tools.setup.places import CACHE

FOLDER = CACHE / "godot"
"""Where `python -m tools.godot` puts one."""

PROGRAM = FOLDER / "godot"

ADVICE = "There is no Godot 4: put one on PATH, name it in HEARSAY_GODOT, or run `make godot`."


def find_godot() -> Path | None:
    """Return the Godot that HEARSAY_GODOT names, or that is on PATH, or that was got here."""
    found = os.environ.get("HEARSAY_GODOT") or shutil.which("godot") or shutil.which("godot4")
    if found:
        return Path(found)
    return PROGRAM if PROGRAM.exists() else None
