"""A job as its supervisor knows it: enough to tell it to the next worker, should one die."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from bridge.protocol import FinishReason
from bridge.worker.messages import Finished, Output, Resume, Submit

Sink = Callable[[Output], None]
"""Hears what a worker says of one job."""


@dataclass(slots=True, eq=False)
class Choice:
    """What one reply has written so far, as token ids."""

    ids: array[int] = field(default_factory=lambda: array("i"))  # Four bytes each, not sixteen.
    finished: bool = False


@dataclass(slots=True, eq=False)
class Running:
    """A job as it must be told to the next worker, should this one die."""

    submit: Submit
    sink: Sink
    choices: list[Choice]
    started: bool = False
    deaths: int = 0
    sent: bool = False
    cancelled: bool = False
    released: bool = False

    @property
    def over(self) -> bool:
        """Whether all replies have ended."""
        return all(choice.finished for choice in self.choices)

    def message(self) -> Submit:
        """The order for a worker, with what earlier ones have written."""
        if not self.started:
            return self.submit
        resume = [Resume(choice.ids.tolist(), choice.finished) for choice in self.choices]
        return msgspec.structs.replace(self.submit, resume=resume)


def unsent(job: str, index: int, reason: FinishReason, written: int) -> Finished:
    """Return the end of a reply that no worker is at."""
    return Finished(
        job=job,
        index=index,
        reason=reason,
        cached_tokens=0,
        completion_tokens=written,
        queued_ms=0.0,
        prefill_ms=0.0,
        decode_ms=0.0,
    )
