"""Random schedules for an engine: who comes when, how important, and what goes wrong."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from bridge.engine.archive import Archive
from bridge.engine.fake import FakeBackend
from bridge.protocol import FinishReason, Priority
from tests.engine.driver import Driver, alone

LORES = ("L" * 50, "L" * 35 + "M" * 30, "")
NAMES = ("Anna. ", "Annabel, who asks. ", "Boris. " * 5)


@dataclass(frozen=True)
class Arrival:
    """A job: what it says, when after the one before it, and how it is to be served."""

    lore: int
    name: int
    after: int
    priority: Priority
    cancel_after: int | None
    goes_on: bool
    reads_only: bool


@dataclass(frozen=True)
class Scene:
    """A machine and who comes to it; the worker dies after `death` steps, if at all."""

    arrivals: tuple[Arrival, ...]
    slots: int
    cells: int
    archive_bytes: int
    rewinds: bool
    death: int | None
    tidies: bool
    reply_tokens: int = 9


def scenes() -> st.SearchStrategy[Scene]:
    """Return scenes with up to eight jobs."""
    arrival = st.builds(
        Arrival,
        lore=st.integers(0, len(LORES) - 1),
        name=st.integers(0, len(NAMES) - 1),
        after=st.integers(0, 6),
        priority=st.sampled_from(Priority),
        cancel_after=st.none() | st.integers(0, 8),
        goes_on=st.booleans(),
        reads_only=st.sampled_from([False, False, False, True]),
    )
    return st.builds(
        Scene,
        arrivals=st.lists(arrival, min_size=1, max_size=8).map(tuple),
        slots=st.integers(1, 4),
        cells=st.sampled_from([180, 260, 600]),
        archive_bytes=st.sampled_from([0, 700, 1 << 20]),
        rewinds=st.booleans(),
        death=st.none() | st.integers(1, 25),
        tidies=st.booleans(),
    )


@cache
def text_alone(prompt: str, tokens: int) -> str:
    """Return what an undisturbed engine writes."""
    return alone(prompt, max_tokens=tokens, ignore_eos=True)


class Play:
    """One run of a scene."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.prompts: dict[str, str] = {}
        self._engines = [self._engine()]
        self._steps = 0
        self._cancels: dict[int, list[str]] = {}
        self._texts: dict[str, str] = {}
        self._ids: dict[str, list[int]] = {}
        self._reasons: dict[str, FinishReason] = {}
        self._orders: dict[str, dict[str, Any]] = {}

    def perform(self) -> None:
        """Let everybody come, and everything end."""
        for index, arrival in enumerate(self._scene.arrivals):
            for _ in range(arrival.after):
                self._step()
            self._arrive(f"job{index}", arrival)
        for _ in range(3000):
            if self._driver.engine.idle:
                return
            self._step()
        raise AssertionError("somebody starves")

    def text(self, name: str) -> str:
        return self._texts.get(name, "")

    def reason(self, name: str) -> FinishReason:
        return self._reasons[name]

    @property
    def _driver(self) -> Driver:
        return self._engines[-1]

    def _engine(self) -> Driver:
        scene = self._scene
        backend = FakeBackend(
            slots=scene.slots,
            context=180,
            cells=scene.cells,
            batch_tokens=32,
            rewinds=scene.rewinds,
        )
        archive = Archive(scene.archive_bytes, rewinds=scene.rewinds)
        return Driver(backend, chunk_tokens=8, archive=archive)

    def _arrive(self, name: str, arrival: Arrival) -> None:
        prompt = f"{LORES[arrival.lore]}{NAMES[arrival.name]}"
        if arrival.goes_on:
            prompt += "".join(self._texts.values())[:40]
        self._orders[name] = {"reads_only": arrival.reads_only, "priority": arrival.priority}
        if arrival.reads_only:
            self._orders[name]["pinned"] = True
        else:
            self.prompts[name] = prompt
        if arrival.cancel_after is not None:
            self._cancels.setdefault(self._steps + arrival.cancel_after, []).append(name)
        self._orders[name]["text"] = prompt
        self._add(name)

    def _add(self, name: str) -> None:
        order = dict(self._orders[name])
        text = str(order.pop("text"))
        written = tuple(self._ids.get(name, ()))
        self._driver.add(
            name,
            text,
            max_tokens=self._scene.reply_tokens,
            ignore_eos=True,
            written=written,
            **order,
        )

    def _step(self) -> None:
        self._steps += 1
        for name in self._cancels.get(self._steps, ()):
            self._driver.engine.cancel(name)
        driver = self._driver
        driver.step()
        while self._scene.tidies and driver.engine.tidy():
            pass
        self._gather(driver)
        if self._steps == self._scene.death:
            self._die()

    def _gather(self, driver: Driver) -> None:
        for (name, _), ids in driver.ids.items():
            self._ids[name] = self._before(name) + ids
        for (name, _), reason in driver.reasons.items():
            self._reasons[name] = reason
        for name in self._ids:
            self._texts[name] = "".join(each.texts.get((name, 0), "") for each in self._engines)

    def _before(self, name: str) -> list[int]:
        return [token for each in self._engines[:-1] for token in each.ids.get((name, 0), [])]

    def _die(self) -> None:
        """Replace the engine as a supervisor does: what was not over goes on from its tokens."""
        unfinished = [name for name in self._orders if name not in self._reasons]
        self._engines.append(self._engine())
        for name in unfinished:
            self._add(name)
