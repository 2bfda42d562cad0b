"""Ctrl-C that is not lost."""

from __future__ import annotations

import signal
from collections.abc import Iterable, Iterator
from types import FrameType


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
