"""What a child process that is a part of Hearsay needs, whoever starts it."""

from __future__ import annotations

import os
import sys
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


def share_the_lock() -> None:
    """
    Let no thread wait long for Python's lock while another one works in Python.

    A body or a form is read in a thread of its own, and the thread that serves everybody asks for
    the lock again after each call of C: a dozen times for every token, 5 ms each as Python comes.
    """
    sys.setswitchinterval(0.0001)
