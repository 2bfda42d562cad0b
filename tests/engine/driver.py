"""Drives an engine by hand in tests: orders in, finished texts out."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from bridge.chat.flow import ReplyFlow
from bridge.chat.splitter import Splitter
from bridge.engine.archive import Archive
from bridge.engine.engine import Engine
from bridge.engine.events import Ended, Event, Order, Written
from bridge.engine.fake import FakeBackend
from bridge.engine.sequence import Sequence
from bridge.protocol import FinishReason, Sampling


class Driver:
    """An engine on a fake backend, with a clock that counts calls."""

    def __init__(
        self,
        backend: FakeBackend | None = None,
        chunk_tokens: int = 16,
        *,
        archive: Archive | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        self.backend = backend or FakeBackend()
        ticks = count()
        clock = clock or (lambda: float(next(ticks)))
        self.engine = Engine(self.backend, clock, chunk_tokens, archive=archive)
        self._flows: dict[tuple[str, int], ReplyFlow] = {}
        self.texts: dict[tuple[str, int], str] = {}
        self.ids: dict[tuple[str, int], list[int]] = {}
        self.reasons: dict[tuple[str, int], FinishReason] = {}
        self.sequences: dict[tuple[str, int], Sequence] = {}

    def add(self, job: str, text: str, *, index: int = 0, **options: Any) -> Sequence:
        prompt = list(text.encode())
        flow = ReplyFlow(Splitter(stops=options.pop("stops", ())))
        self._flows[job, index] = flow
        sampling = options.pop("sampling", Sampling())
        order = Order(
            job=job, index=index, prompt=prompt, sampling=sampling, seed=1, flow=flow, **options
        )
        sequence = self.engine.add(order)
        flow.take()  # What left before it went on here has been told.
        self.sequences[job, index] = sequence
        return sequence

    def step(self) -> list[Event]:
        events = self.engine.step()
        for event in events:
            key = (event.sequence.job, event.sequence.index)
            assert key not in self.reasons, "nothing may follow the end of a sequence"
            match event:
                case Written(_, ids):
                    text = self._flows[key].take().text if key in self._flows else ""
                    self.texts[key] = self.texts.get(key, "") + text
                    self.ids.setdefault(key, []).extend(ids)
                case Ended(sequence):
                    assert sequence.reason
                    self.reasons[key] = sequence.reason
        return events

    def run(self, most: int = 2000) -> None:
        for _ in range(most):
            if self.engine.idle:
                return
            self.step()
        raise AssertionError(f"not idle after {most} steps")


def alone(text: str, **options: Any) -> str:
    """What an undisturbed engine with plenty of room writes."""
    driver = Driver(FakeBackend(slots=1, context=4096, batch_tokens=4096), chunk_tokens=4096)
    driver.add("alone", text, **options)
    driver.run()
    return driver.texts["alone", 0]


def plain_order(job: str, prompt: list[int]) -> Order:
    """Asks for a reply with nothing special about it."""
    return Order(job=job, index=0, prompt=prompt, sampling=Sampling(), seed=1)
