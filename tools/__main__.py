"""
`python -m tools TASK`: everything that people do with a checkout, the same on every system.

The Makefile's targets are one-line calls of these tasks.
"""

from __future__ import annotations

import sys


def main(arguments: list[str]) -> int:
    """Run a task; returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - older Pythons get this far, and no further
        version = ".".join(map(str, sys.version_info[:3]))
        print(
            f"Hearsay needs Python 3.11 or newer; this is {version}. Name another one: "
            "`python3.12 -m tools demo` or `make demo PYTHON=python3.12`.",
            file=sys.stderr,
        )
        return 1
    from tools.run import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
