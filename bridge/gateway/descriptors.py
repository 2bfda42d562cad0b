"""How many connections the operating system lets a process have."""

from __future__ import annotations

import sys

WANTED = 4096
"""Twice the connections that the server takes: their pipes, logs and sockets come on top."""


def allow_connections() -> None:
    """Raise the limit of open files as far as it may be: some systems begin at 256."""
    if sys.platform != "win32":  # It has no such limit.
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
