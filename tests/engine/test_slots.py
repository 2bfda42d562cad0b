"""What slots remember, what they share, and what becomes of those that must make room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.engine import slots
from bridge.engine.archive import Archive
from bridge.engine.fake import FakeBackend
from bridge.engine.sequence import Sequence
from bridge.prefix import common_prefix
from tests.engine.driver import Driver, alone


@given(st.lists(st.integers(0, 2), max_size=30), st.lists(st.integers(0, 2), max_size=30))
def test_the_common_prefix_is_as_long_as_a_loop_says(left: list[int], right: list[int]) -> None:
    length = 0
    while length < min(len(left), len(right)) and left[length] == right[length]:
        length += 1
    assert common_prefix(left, right) == length


def _reply(driver: Driver, job: str, text: str) -> Sequence:
    sequence = driver.add(job, text, max_tokens=4, ignore_eos=True)
    driver.run()
    assert driver.texts[job, 0] == alone(text, max_tokens=4, ignore_eos=True)
    return sequence


class Folder:
    """A depot in memory."""

    def __init__(self) -> None:
        self.states: dict[tuple[int, ...], bytes] = {}

    def held(self) -> list[list[int]]:
        return [list(tokens) for tokens in self.states]

    def put(self, tokens: list[int], state: bytes) -> None:
        self.states[tuple(tokens)] = state

    def get(self, tokens: list[int]) -> bytes | None:
        return self.states.get(tuple(tokens))


def test_a_conversation_that_had_to_leave_comes_back_without_being_read() -> None:
    backend = FakeBackend(slots=1)
    driver = Driver(backend)
    _reply(driver, "boris", "B" * 40)
    _reply(driver, "mira", "M" * 40)
    read = backend.read_tokens
    again = _reply(driver, "boris again", "B" * 40 + "?")
    assert again.cached == 40
    assert backend.read_tokens == read + 1 + 3
    assert driver.engine.restored_tokens == 43


@pytest.mark.parametrize("state", [b"not a state", b""])
def test_a_state_that_does_not_fit_means_that_the_prompt_is_read_again(state: bytes) -> None:
    folder = Folder()
    folder.put([*b"B" * 40], state)
    backend = FakeBackend(slots=2)
    archive = Archive(0, rewinds=True, depot=folder)
    driver = Driver(backend, archive=archive)
    _reply(driver, "other", "x" * 9)
    boris = _reply(driver, "boris", "B" * 40 + "?")
    assert (boris.cached, driver.engine.restored_tokens) == (0, 0)


def test_a_state_is_not_restored_where_it_would_push_out_those_at_work() -> None:
    driver = Driver(FakeBackend(slots=2, cells=100, context=100))
    _reply(driver, "boris", "B" * 60)
    driver.add("mira", "M" * 20, max_tokens=50, ignore_eos=True)
    driver.step()
    driver.engine._slots.evict(0.0)
    while driver.sequences["mira", 0].read < 50:
        driver.step()
    again = driver.add("again", "B" * 60, max_tokens=1)
    driver.run()
    assert again.cached == 59  # It waited until there was room.


def test_a_state_makes_room_for_itself_among_what_is_idle() -> None:
    driver = Driver(FakeBackend(slots=3, cells=120, context=100))
    for job in "abc":
        _reply(driver, job, job * 34)
    _reply(driver, "d", "d" * 34)
    again = _reply(driver, "a again", "a" * 34 + "?")
    assert again.cached == 34


def test_a_conversation_is_stored_where_it_outlives_the_process() -> None:
    folder = Folder()
    archive = Archive(1 << 20, rewinds=True, depot=folder)
    driver = Driver(FakeBackend(slots=1), archive=archive)
    boris = _reply(driver, "boris", "B" * 40)
    driver.engine.store(boris.tokens)
    assert len(folder.states) == 1
    _reply(driver, "mira", "M" * 40)
    driver.engine.store(boris.tokens)  # By now only the archive has it.
    driver.engine.store([*b"nobody"])
    assert len(folder.states) == 1
    later = Driver(FakeBackend(slots=1), archive=Archive(0, rewinds=True, depot=folder))
    again = _reply(later, "again", "B" * 40 + "?")
    assert again.cached == 40


def test_everything_is_stored_where_it_outlives_the_process_one_at_a_step() -> None:
    folder = Folder()
    archive = Archive(1 << 20, rewinds=True, depot=folder)
    driver = Driver(FakeBackend(slots=2), archive=archive)
    for job in ("boris", "mira", "yrsa"):  # One of them is in the archive alone.
        _reply(driver, job, job[0] * 40)
    steps = driver.engine.store_all()
    next(steps)
    assert len(folder.states) == 1
    assert len(list(steps)) == 2
    assert len(folder.states) == 3


def test_nothing_is_stored_where_nothing_outlives_the_process() -> None:
    driver = Driver(FakeBackend(slots=1))
    _reply(driver, "boris", "B" * 40)
    assert not list(driver.engine.store_all())


def test_cells_that_are_shared_count_once_also_when_the_first_reader_has_gone() -> None:
    backend = FakeBackend(slots=3)
    driver = Driver(backend)
    for job in "abc":
        _reply(driver, job, "L" * 50 + job * 5)
    assert driver.engine.cells_used == backend._used == 50 + 3 * (5 + 3)
    driver.engine._slots.evict(0.0)
    assert driver.engine.cells_used == backend._used


def test_what_another_slot_holds_as_well_is_not_saved() -> None:
    driver = Driver(FakeBackend(slots=2))
    for index in range(2):
        driver.add("twins", "L" * 50, index=index, max_tokens=2)
    driver.run()
    driver.engine._slots.evict(0.0)
    assert driver.engine.archive.bytes_used == 0


def test_idle_slots_are_saved_ahead_when_a_stranger_would_have_to_take_one() -> None:
    backend = FakeBackend(slots=2)
    driver = Driver(backend)
    for job in "abc":
        _reply(driver, job, job * 40)
    while driver.engine.tidy():
        pass
    assert len(driver.engine.archive) == 3
    backend.save = None  # type: ignore[assignment]  # From here on nobody has to wait for a copy.
    _reply(driver, "d", "d" * 40)
    again = _reply(driver, "b again", "b" * 40 + "?")
    assert again.cached == 40


def test_nothing_is_saved_ahead_while_there_is_work_or_a_free_place() -> None:
    driver = Driver(FakeBackend(slots=2))
    _reply(driver, "a", "a" * 40)
    assert not driver.engine.tidy()
    _reply(driver, "b", "b" * 40)
    driver.add("c", "c" * 40)
    assert not driver.engine.tidy()
    driver.run()
    assert driver.engine.tidy()


def test_a_state_that_takes_long_to_copy_is_not_saved_ahead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = Driver(FakeBackend(slots=1))
    for job in "ab":
        _reply(driver, job, job * 40)
    monkeypatch.setattr(slots, "WORTH_AHEAD", 100)
    assert driver.engine.tidy()
    assert not driver.engine.tidy()
    assert len(driver.engine.archive) == 1
