"""
Whatever the schedule, at temperature 0 a model writes what it would write undisturbed.

A batch of other company moves a model's logits a little (flash attention and matrix products add
in another order), so that where two tokens are almost equally likely another one may be taken,
and the text goes another way from there. That is all that batching may change, and it is told
apart like this: a second context reads each reply alone, one token after the other, and every
token of it must be the likeliest there, or less likely than that by no more than NOISE. What a
wrong cell does to logits is larger by far: `test_a_wrong_cache_would_be_seen` shows it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.engine.archive import Archive
from bridge.engine.engine import Engine
from bridge.engine.events import Order
from bridge.engine.llama.backend import LlamaBackend
from bridge.engine.sequence import Sequence
from bridge.protocol import Priority, Sampling
from tests.engine.models import TAVERN, attention_model, recurrent_model
from tools.bench.judge import NOISE, Judge, load

REPLY = 10
LORE = "You live in a tavern by the sea, where the lamps burn low and the ale is good. " * 3
VOICES = ("You are Boris. Hello!", "You are Mira. Who are you?", "Hello!", "You are Boris. Why?")


@dataclass(frozen=True)
class House:
    """A model twice: once to be worked hard, once to judge."""

    backend: LlamaBackend
    judge: Judge


@pytest.fixture(scope="module", params=["embedded", "attention", "recurrent"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    path = tmp_path_factory.mktemp("model") / "random.gguf"
    match request.param:
        case "embedded":
            path = TAVERN
        case "attention":
            attention_model(path)
        case _:
            recurrent_model(path)
    return House(load(path, 3), Judge(load(path, 1)))


class Hall:
    """Engines one after the other on one backend: each begins with nothing in the cache."""

    def __init__(self, backend: LlamaBackend, archive_bytes: int) -> None:
        self._backend = backend
        self._bytes = archive_bytes
        self._orders: dict[str, tuple[list[int], Priority]] = {}
        self.sequences: dict[str, Sequence] = {}
        self._begin()

    def _begin(self) -> None:
        for slot in range(self._backend.slots):
            self._backend.forget(slot, 0)
        archive = Archive(self._bytes, rewinds=self._backend.rewinds)
        ticks = count()
        self.engine = Engine(self._backend, lambda: float(next(ticks)), 16, archive=archive)

    def add(self, name: str, text: str, priority: Priority) -> None:
        prompt = self._backend.tokenize(text, special=True, start=True)
        self._orders[name] = (prompt, priority)
        self._add(name, ())

    def steps(self, most: int) -> None:
        for _ in range(most):
            if self.engine.idle:
                return
            self.engine.step()

    def die(self) -> None:
        """Lose everything but what was told, as when a worker dies."""
        before = self.sequences
        self._begin()
        for name, sequence in before.items():
            if sequence.reason is None:
                self._add(name, tuple(sequence.tokens[sequence.prompt_length :]))

    def _add(self, name: str, written: tuple[int, ...]) -> None:
        prompt, priority = self._orders[name]
        self.sequences[name] = self.engine.add(
            Order(
                job=name,
                index=0,
                prompt=prompt,
                sampling=Sampling(temperature=0),
                seed=1,
                max_tokens=REPLY,
                ignore_eos=True,
                priority=priority,
                written=written,
            )
        )


ARRIVALS = st.lists(
    st.tuples(
        st.booleans(),
        st.integers(0, len(VOICES) - 1),
        st.integers(0, 6),
        st.sampled_from(Priority),
    ),
    min_size=2,
    max_size=7,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    arrivals=ARRIVALS, archive_bytes=st.sampled_from([0, 1 << 18, 1 << 26]), death=st.integers(0, 9)
)
def test_any_schedule_writes_what_an_undisturbed_model_would(
    house: House,
    arrivals: list[tuple[bool, int, int, Priority]],
    archive_bytes: int,
    death: int,
) -> None:
    hall = Hall(house.backend, archive_bytes)
    for index, (knows_lore, voice, steps, priority) in enumerate(arrivals):
        hall.add(f"{index}", (LORE if knows_lore else "") + VOICES[voice], priority)
        hall.steps(steps)
        if index == death:
            hall.die()
    hall.steps(5000)
    for sequence in hall.sequences.values():
        assert sequence.written == REPLY
        assert house.judge.doubt(sequence.tokens, sequence.prompt_length) <= NOISE


def test_a_wrong_cache_would_be_seen(house: House) -> None:
    hall = Hall(house.backend, 0)
    hall.add("liar", LORE + VOICES[0], Priority.NORMAL)
    hall.steps(2)
    sequence = hall.sequences["liar"]
    told = sequence.tokens[: sequence.prompt_length]
    sequence.tokens[: len(told)] = told[:1] + told[:0:-1]  # Not what is in the cache.
    hall.steps(100)
    assert house.judge.doubt(sequence.tokens, sequence.prompt_length) > 2 * NOISE


@pytest.mark.parametrize("archive_bytes", [0, 1 << 26])
def test_a_reply_that_was_preempted_goes_on_as_if_nothing_had_been(
    house: House, archive_bytes: int
) -> None:
    hall = Hall(house.backend, archive_bytes)
    for index in range(3):
        hall.add(f"bark {index}", VOICES[index] + LORE, Priority.BACKGROUND)
    while not all(sequence.written for sequence in hall.sequences.values()):
        hall.steps(1)
    hall.add("player", "Quick!", Priority.INTERACTIVE)
    hall.steps(1000)
    assert hall.engine.totals.preemptions > 0
    assert (hall.engine.restored_tokens > 0) is (archive_bytes > 0)
    for sequence in hall.sequences.values():
        assert house.judge.doubt(sequence.tokens, sequence.prompt_length) <= NOISE


def test_a_state_that_was_tampered_with_is_refused(house: House) -> None:
    hall = Hall(house.backend, 1 << 26)
    hall.add("a", LORE, Priority.NORMAL)
    hall.steps(100)
    state = house.backend.save(hall.sequences["a"].slot if hall.engine.running else 0)
    house.backend.forget(0, 0)
    assert not house.backend.restore(0, state[: len(state) // 2])
    house.backend.forget(0, 0)
    assert not house.backend.restore(0, b"nonsense")
    house.backend.forget(0, 0)
    assert house.backend.restore(0, state)
    house.backend.forget(0, 0)
