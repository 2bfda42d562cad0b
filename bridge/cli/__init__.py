"""The `hearsay` command."""

from __future__ import annotations

import sys
from io import TextIOWrapper


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A console that lacks a letter of a reply must not end the reply.
            stream.reconfigure(errors="replace")
    from bridge.cli.app import app

    app(prog_name="hearsay")
