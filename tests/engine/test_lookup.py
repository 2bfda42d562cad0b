"""What a reply says again is guessed, checked, and never changes what it says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.engine.backend import Decoded
from bridge.engine.batch import Batch
from bridge.engine.events import Order, Written
from bridge.engine.fake import FakeBackend
from bridge.engine.lookup import (
    LENGTHS,
    MOST,
    PRIOR,
    SAMPLES,
    VALID_STEPS,
    Lookup,
    Notes,
    expected,
)
from bridge.protocol import FinishReason, Sampling
from tests.engine.driver import Driver

SONG = [1, 2, 3, 4, 5, 6, 7, 8]


def test_what_followed_the_last_words_before_is_found() -> None:
    assert Notes().find([*SONG, 9, 3, 4, 5, 6], 3) == [7, 8, 9]


def test_two_words_are_enough_where_four_were_never_said() -> None:
    assert Notes().find([*SONG, 9, 5, 6], 2) == [7, 8]


def test_the_latest_place_counts() -> None:
    assert Notes().find([1, 2, 3, 0, 1, 2, 4, 0, 1, 2], 1) == [4]


def test_a_guess_may_be_longer_than_the_circle_it_goes_in() -> None:
    assert Notes().find([0, *[1, 2, 3] * 3], 7) == [1, 2, 3, 1, 2, 3, 1]


def test_the_rows_of_a_guess_fill_blocks_of_four() -> None:
    assert {(1 + length) % 4 for length in LENGTHS} == {0}


def test_new_words_are_nowhere() -> None:
    assert Notes().find(SONG, 4) == []
    assert Notes().find([1], 4) == []


def test_what_is_written_meanwhile_is_noted_too() -> None:
    notes = Notes()
    assert notes.find(SONG, 4) == []
    assert notes.find([*SONG, 1, 2, 3], 2) == []
    assert notes.find([*SONG, 1, 2, 3, 4, 9, 1, 2, 3, 4], 2) == [9, 1]


def test_trust_follows_what_guesses_were_worth() -> None:
    notes = Notes(guess=[1, 2])
    assert notes.confirm(1)
    assert notes.trust > PRIOR
    assert notes.guess == [2]
    good = notes.trust
    assert not notes.confirm(7)
    assert notes.trust < good
    assert notes.guess == []


def test_a_doubt_ends_the_guess_and_forbids_the_next() -> None:
    notes, lookup = Notes(guess=[1]), Lookup()
    notes.doubt()
    assert notes.guess == []
    assert lookup.guess(notes, [*SONG, 1, 2, 3, 4], MOST) == []
    notes.trust = 1.0
    assert lookup.guess(notes, [*SONG, 1, 2, 3, 4], MOST) == [5, 6, 7, 8, 1, 2, 3]


def test_bad_guesses_end_guessing_and_time_heals() -> None:
    notes, lookup = Notes(trust=0.0), Lookup()
    tokens = [*SONG, 1, 2, 3, 4]
    steps = 0
    while not lookup.guess(notes, tokens, MOST):
        steps += 1
    assert 30 < steps < 1000


def test_the_more_a_guess_is_trusted_the_longer_it_is() -> None:
    tokens = [*SONG, *SONG, 1, 2, 3, 4]
    lengths = [len(Lookup().guess(Notes(trust=trust), tokens, MOST)) for trust in (0.2, 0.65, 1.0)]
    assert lengths == [0, 3, 7]


def test_no_more_is_guessed_than_there_is_room_for() -> None:
    tokens = [*SONG, 1, 2, 3, 4]
    assert Lookup().guess(Notes(trust=1.0), tokens, 3) == [5, 6, 7]
    assert Lookup().guess(Notes(trust=1.0), tokens, -1) == []


def measured(cost_of_a_row: float) -> Lookup:
    lookup = Lookup()
    for rows in (1, *(1 + length for length in LENGTHS)):
        for _ in range(SAMPLES):
            lookup.note(rows, 1 + cost_of_a_row * (rows - 1))
    return lookup


def test_what_steps_cost_decides() -> None:
    tokens = [*SONG, 1, 2, 3, 4]
    assert measured(1.0).guess(Notes(trust=0.9), tokens, MOST) == []
    assert len(measured(0.01).guess(Notes(trust=0.9), tokens, MOST)) == MOST


def test_where_the_text_must_be_the_same_each_time_the_clock_has_no_say() -> None:
    tokens = [*SONG, 1, 2, 3, 4]
    slow, fast = measured(1.0), measured(0.01)
    guesses = [each.guess(Notes(trust=0.9), tokens, MOST, exact=True) for each in (slow, fast)]
    assert guesses[0] == guesses[1] != []


def test_old_measurements_are_forgotten() -> None:
    lookup = measured(1.0)
    for _ in range(VALID_STEPS):
        lookup.note(1, 1.0)
    assert lookup.guess(Notes(trust=0.9), [*SONG, 1, 2, 3, 4], MOST)


def test_the_expected_yield_is_that_of_the_paper() -> None:
    assert expected(0.5, 2) == pytest.approx((1 - 0.5**3) / 0.5)
    assert expected(1.0, 4) == 5
    assert expected(0.0, 4) == 1


def steps_of(driver: Driver) -> int:
    return driver.engine.totals.steps


def recite(backend: FakeBackend, **options: Any) -> Driver:
    driver = Driver(backend, chunk_tokens=64)
    driver.add("a", "sing", ignore_eos=True, max_tokens=100, **options)
    driver.run()
    return driver


def test_a_song_takes_fewer_steps_than_it_has_words() -> None:
    sung = recite(FakeBackend(cycle=7))
    assert len(sung.ids["a", 0]) == 100
    assert steps_of(sung) < 60
    assert sung.engine.totals.guessed_tokens > 40


def test_a_song_is_the_same_where_nothing_can_be_taken_back() -> None:
    plain = recite(FakeBackend(cycle=7, rewinds=False))
    assert steps_of(plain) == 100
    assert plain.texts == recite(FakeBackend(cycle=7)).texts


def test_a_reply_ends_within_a_guess_where_it_should() -> None:
    driver = Driver(FakeBackend(cycle=5), chunk_tokens=64)
    driver.add("a", "sing", max_tokens=200)
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.STOP
    driver.add("b", "sing", max_tokens=200)
    driver.run()
    assert driver.texts["a", 0] == driver.texts["b", 0]
    assert not driver.engine.cells_used - len(driver.backend.caches[0])


@pytest.mark.parametrize("length", range(12, 28))
def test_a_stop_string_within_a_guess_ends_the_reply(length: int) -> None:
    free = recite(FakeBackend(cycle=7)).texts["a", 0].split()
    driver = Driver(FakeBackend(cycle=7), chunk_tokens=64)
    stop = " ".join(free[:length])
    driver.add("a", "sing", ignore_eos=True, max_tokens=100, stops=(stop,))
    driver.run()
    assert driver.reasons["a", 0] is FinishReason.STOP
    driver.add("a2", "sing", ignore_eos=True, max_tokens=100)
    driver.run()
    assert driver.texts["a2", 0].split() == free


def test_the_tokens_of_a_step_are_told_together_with_what_they_add() -> None:
    driver = Driver(FakeBackend(cycle=7), chunk_tokens=64)
    driver.add("a", "sing", ignore_eos=True, max_tokens=100, top_logprobs=0)
    told = []
    while not driver.engine.idle:
        told.append([event for event in driver.step() if isinstance(event, Written)])
    assert all(len(events) <= 1 for events in told)
    assert all(len(event.ids) == len(event.scores) for [event] in filter(None, told))
    assert any(len(event.ids) > 1 for [event] in filter(None, told))


def test_nobody_guesses_beside_others() -> None:
    driver = Driver(FakeBackend(cycle=7), chunk_tokens=64)
    for job in "ab":
        driver.add(job, "sing " + job, ignore_eos=True, max_tokens=50)
    driver.run()
    assert driver.engine.totals.guessed_tokens == 0


def greedy(driver: Driver, text: str) -> None:
    driver.engine.add(
        Order(
            job="a",
            index=0,
            prompt=list(text.encode()),
            sampling=Sampling(temperature=0),
            seed=1,
            max_tokens=60,
            ignore_eos=True,
        )
    )


def test_at_temperature_0_what_is_not_clear_is_read_again_alone() -> None:
    driver = Driver(FakeBackend(cycle=7), chunk_tokens=64)
    greedy(driver, "sing")
    driver.run()
    assert driver.engine.totals.guessed_tokens == 0
    assert driver.ids["a", 0] == recite(FakeBackend(cycle=7)).ids["a", 0][:60]
    assert steps_of(driver) > 60


def test_at_temperature_0_what_is_clear_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeBackend, "lead", lambda *_: 2.9)
    driver = Driver(FakeBackend(cycle=7), chunk_tokens=64)
    greedy(driver, "sing")
    driver.run()
    assert driver.engine.totals.guessed_tokens > 20


class Hesitant(FakeBackend):
    """Refuses the first batch that has a guess in it."""

    refused = False

    def decode(self, batch: Batch) -> Decoded:
        if len(batch.asking) > 1 and not self.refused:
            self.refused = True
            return Decoded.ABORTED
        return super().decode(batch)


def test_a_guess_that_was_not_read_is_forgotten() -> None:
    backend = Hesitant(cycle=7)
    assert recite(backend).texts == recite(FakeBackend(cycle=7)).texts
    assert backend.refused


@settings(max_examples=40, deadline=None)
@given(
    cycle=st.integers(1, 9),
    replies=st.lists(st.tuples(st.integers(1, 40), st.integers(0, 30)), min_size=1, max_size=4),
)
def test_any_schedule_says_what_it_would_without_guesses(
    cycle: int, replies: list[tuple[int, int]]
) -> None:
    drivers = [
        Driver(FakeBackend(cycle=cycle, rewinds=rewinds), chunk_tokens=16)
        for rewinds in (True, False)
    ]
    for driver in drivers:
        for number, (length, pause) in enumerate(replies):
            driver.add(str(number), f"sing {number}", ignore_eos=True, max_tokens=length)
            for _ in range(pause):
                driver.step()
        driver.run()
    assert drivers[0].ids == drivers[1].ids
