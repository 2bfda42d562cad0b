"""Ctrl-C ends a reply even where Python drops its exception."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from bridge.cli.interrupt import interruptible


def test_ctrl_c_whose_exception_is_dropped_still_ends_the_reply() -> None:
    def reply() -> Iterator[str]:
        yield "one"
        with suppress(KeyboardInterrupt):  # As a finaliser does that happens to run.
            signal.raise_signal(signal.SIGINT)
        while True:
            yield "more"

    pieces = interruptible(reply())
    assert next(pieces) == "one"
    with pytest.raises(KeyboardInterrupt):
        next(pieces)


def test_what_ctrl_c_did_before_it_does_again_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)
    assert list(interruptible(["a", "b"])) == ["a", "b"]
    assert signal.getsignal(signal.SIGINT) is before
