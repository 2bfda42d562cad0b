"""`python -m tools.godot`: get a Godot unless there is one, and print its version."""

from __future__ import annotations

import sys

from tools.godot.find import find_godot
from tools.godot.get import get_godot
from tools.setup.commands import first_line
from tools.setup.failure import SetupFailed


def main() -> int:
    """Say which Godot the tests will take; returns the exit status."""
    try:
        program = find_godot() or get_godot()
    except SetupFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    version = first_line([program, "--headless", "--version"])
    if version is None:
        print(f"{program} is no Godot that runs here", file=sys.stderr)
        return 1
    print(f"Godot {version}: {program}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
