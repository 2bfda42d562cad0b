"""`python -m tools.bridgegen`: write what is generated; `--check`: only compare, byte for byte."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.bridgegen.compat import check_released
from tools.bridgegen.files import differences, write
from tools.bridgegen.load import load
from tools.bridgegen.render import outputs
from tools.bridgegen.source import Mistake
from tools.setup.places import ROOT


def main(arguments: Sequence[str]) -> int:
    """Write or compare; returns the exit status: 0, or 1 for a mistake or a difference."""
    parser = argparse.ArgumentParser(prog="python -m tools gen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare and write nothing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder that holds protocol/")
    options = parser.parse_args(arguments)
    protocol: Path = options.root / "protocol"
    try:
        model = load(protocol / "hearsay.yaml")
        breaks, told = check_released(model, protocol / "released")
        files = outputs(model)
    except Mistake as mistake:
        print(mistake)
        return 1
    print(told)
    if options.check:
        return _compare(files, options.root) or bool(breaks)
    for path in write(files, options.root):
        print(path)
    return int(bool(breaks))


def _compare(files: dict[str, bytes], root: Path) -> int:
    found = differences(files, root)
    print("".join(found) + ("Run: make gen" if found else f"{len(files)} files are in step"))
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
