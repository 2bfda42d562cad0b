"""Ctrl-C that is not lost, and none that shows Python's insides."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType


def end_at_once() -> None:
    """
    Let Ctrl-C end this process without a word, as long as it only imports.

    Python's own exception would show where it was, or be dropped by whatever runs just then. Where
    the key is ignored, as in the background of a script, it stays so.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def raise_again() -> None:
    """Let Ctrl-C raise KeyboardInterrupt again, after `end_at_once`."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def interruptible(pieces: Iterable[str]) -> Iterator[str]:
    """
    Yield the pieces of a reply until it ends or Ctrl-C raises KeyboardInterrupt.

    The exception alone does not do: raised while some library's finaliser runs, Python prints
    and drops it, and the reply goes on. So the key is noted, and looked for after each piece.
    Only for the main thread.
    """
    pressed = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, note)
    try:
        for piece in pieces:
            if pressed:
                raise KeyboardInterrupt
            yield piece
    finally:
        signal.signal(signal.SIGINT, before)
