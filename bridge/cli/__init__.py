"""The `hearsay` command."""

from __future__ import annotations

import sys
from io import TextIOWrapper

from bridge.cli.interrupt import end_at_once, raise_again


def main() -> None:
    """Run the command line and exit."""
    end_at_once()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A console that lacks a letter of a reply must not end the reply.
            stream.reconfigure(errors="replace")
    from bridge.cli.app import app

    raise_again()
    app(prog_name="hearsay")
