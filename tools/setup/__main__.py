"""`python -m tools.setup`: the same as `python -m tools setup`."""

from __future__ import annotations

import sys

from tools.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["setup", *sys.argv[1:]]))
