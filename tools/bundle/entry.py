"""
The program of the folder: `hearsay`, and what it starts of itself.

A program that PyInstaller made is its own `sys.executable` and knows no `-m`; Hearsay starts its
workers with that.
"""

from __future__ import annotations

import runpy
import sys


def main() -> None:
    """Run a module of Hearsay's where one is named as for Python, else the command line."""
    if len(sys.argv) > 2 and sys.argv[1] == "-m" and sys.argv[2].split(".")[0] == "bridge":
        del sys.argv[:2]
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
        return
    from bridge.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
