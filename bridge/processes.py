"""What a child process that is a part of Hearsay needs, whoever starts it."""

from __future__ import annotations

import os
from pathlib import Path

import bridge


def own_environment() -> dict[str, str]:
    """
    Return an environment in which `python -m bridge` is this Hearsay.

    The working folder may be a game's, with a `bridge` of its own.
    """
    root = str(Path(bridge.__file__).parents[1])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": os.pathsep.join(paths)}
