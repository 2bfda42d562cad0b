"""A thread that does one thing and then keeps still until it is let go."""

from __future__ import annotations

import threading
from collections.abc import Callable


def start_and_stay(work: Callable[[], None]) -> Callable[[], None]:
    """Run `work` in a new thread, wait for it, and return what ends that thread."""
    done, leave = threading.Event(), threading.Event()

    def body() -> None:
        try:
            work()
        finally:
            done.set()
        leave.wait()

    thread = threading.Thread(target=body, name="hearsay-sleepers", daemon=True)
    thread.start()
    done.wait()

    def end() -> None:
        leave.set()
        thread.join()

    return end
