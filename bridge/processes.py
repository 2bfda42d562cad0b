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


def own_words() -> list[str]:
    """
    Return the first words of a command that runs this Hearsay: of its Python, or of its program.

    In a game that is itself one program, as PyInstaller makes them, `sys.executable` is the game,
    and would start itself again: there it is the sidecar of `make bundle`, in the folder `hearsay`
    beside the game. Raises FileNotFoundError if that is not there.
    """
    program = Path(sys.executable)
    if not getattr(sys, "frozen", False) or program.stem == "hearsay":
        return [sys.executable, "-m", "bridge"]
    sidecar = program.parent / "hearsay" / f"hearsay{program.suffix}"
    if not sidecar.is_file():
        message = f"There is no sidecar at {sidecar}: put the folder of `make bundle` there."
        raise FileNotFoundError(message)
    return [str(sidecar)]


def share_the_lock() -> None:
    """
    Let no thread wait long for Python's lock while another one works in Python.

    A body or a form is read in a thread of its own, and the thread that serves everybody asks for
    the lock again after each call of C: a dozen times for every token, 5 ms each as Python comes.
    """
    sys.setswitchinterval(0.0001)
