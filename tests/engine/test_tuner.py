"""How the number of threads is found."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridge.engine.tuner import Tuner, ladder


def work(
    tuner: Tuner,
    cost: Callable[[int], float],
    *,
    steps: int = 300,
    rows: int = 1,
    spins: bool = False,
    most: int = 99,
) -> list[int]:
    """Let steps take what `cost` says for their threads; return which were chosen."""
    chosen = []
    for _ in range(steps):
        threads = tuner.choose(rows, spins=spins, most=most)
        tuner.note(rows, cost(threads), spins=spins)
        chosen.append(threads)
    return chosen


def test_few_cores_are_all_tried_and_many_in_steps() -> None:
    assert ladder(1) == [1]
    assert ladder(3) == [1, 2, 3]
    assert ladder(20) == [1, 2, 3, 4, 6, 8, 12, 16, 20]


def test_it_begins_with_all_threads() -> None:
    assert Tuner(8).choose(1, spins=True, most=8) == 8


def test_a_cautious_one_begins_with_one_thread_where_threads_should_not_spin() -> None:
    tuner = Tuner(8, cautious=True)
    assert tuner.choose(1, spins=False, most=8) == 1
    assert tuner.choose(1, spins=True, most=8) == 8


def test_one_thread_is_found_where_more_only_wait_for_each_other() -> None:
    chosen = work(Tuner(4), lambda threads: 10.0 + threads)
    assert chosen[-1] in (1, 2)
    assert set(chosen[:12]) == {4}


def test_all_threads_are_kept_where_they_help() -> None:
    chosen = work(Tuner(4), lambda threads: 12.0 / threads)
    assert chosen.count(4) > 0.9 * len(chosen)


def test_trials_become_rarer_while_nothing_is_gained() -> None:
    chosen = work(Tuner(2), lambda threads: 2.0 / threads, steps=2000)
    assert 1 in chosen[:30]
    assert chosen[1000:].count(1) <= 15


def test_what_becomes_better_later_is_found_again() -> None:
    tuner = Tuner(2)
    assert work(tuner, float)[-1] == 1
    assert 2 in work(tuner, lambda threads: 1.0 / threads, steps=1000)[-100:]


def test_a_trial_that_is_hopeless_ends_after_its_first_step() -> None:
    chosen = work(Tuner(2), lambda threads: 1.0 if threads == 2 else 100.0, steps=30)
    assert chosen.count(1) <= 2


def test_a_trial_that_loses_ends_after_the_first_step_that_counts() -> None:
    chosen = work(Tuner(2), lambda threads: 2.0 / threads, steps=30)
    assert chosen.count(1) == 2


def test_no_prompt_is_read_more_slowly_for_the_sake_of_a_trial_while_the_machine_is_quiet() -> None:
    quiet = work(Tuner(2), lambda threads: 200.0 / threads, steps=500, rows=100, spins=True)
    assert set(quiet) == {2}
    assert 1 in work(Tuner(2), lambda threads: 200.0 / threads, steps=50, rows=100)


def test_where_threads_may_spin_trials_are_rarer() -> None:
    calm = work(Tuner(2), lambda threads: 2.0 / threads, steps=500, spins=True)
    busy = work(Tuner(2), lambda threads: 2.0 / threads, steps=500)
    assert 0 < calm.count(1) < busy.count(1)


def turning(tuner: Tuner, cost: Callable[[int, bool], float], *, steps: int = 300) -> list[bool]:
    """Let steps take what `cost` says for their threads and for spinning; return who spun."""
    turned = []
    for _ in range(steps):
        threads, turns = tuner.choose(2, spins=False, most=9), tuner.turns(2, spins=False)
        tuner.note(2, cost(threads, turns), spins=False)
        turned.append(turns)
    return turned


def test_beside_others_threads_spin_where_a_trial_shows_that_it_pays() -> None:
    turned = turning(Tuner(2, may_turn=True), lambda threads, turns: 4 / threads - turns)
    assert not any(turned[:12])
    assert turned.count(True) > 0.8 * len(turned)


def test_a_trial_of_spinning_that_is_ruinous_ends_after_a_step() -> None:
    turned = turning(Tuner(2, may_turn=True), lambda threads, turns: 2 / threads + 50 * turns)
    assert 0 < turned.count(True) < 0.05 * len(turned)


def test_who_may_not_turn_never_does() -> None:
    assert not any(turning(Tuner(2), lambda threads, turns: 4 / threads - turns))


def test_where_all_spin_anyway_there_is_nothing_to_try() -> None:
    tuner = Tuner(2, may_turn=True)
    work(tuner, lambda threads: 2.0 / threads, spins=True)
    assert not tuner.turns(1, spins=True)


def test_rare_stalls_count() -> None:
    stalls = iter(range(100_000))

    def cost(threads: int) -> float:
        return 9.0 if threads == 2 and next(stalls) % 3 == 0 else 2.0

    chosen = work(Tuner(2), cost)
    assert chosen[-50:].count(1) > 40


def test_each_kind_of_step_has_its_own_number() -> None:
    tuner = Tuner(2)
    assert work(tuner, float, rows=1)[-1] == 1
    assert work(tuner, lambda threads: 1.0 / threads, rows=8, steps=11)[-1] == 2
    assert work(tuner, lambda threads: 1.0 / threads, rows=1, spins=True, steps=11)[-1] == 2


def test_prompts_of_any_length_are_compared_by_the_row() -> None:
    tuner = Tuner(2)
    for step in range(200):
        rows = 64 + step % 64
        threads = tuner.choose(rows, spins=False, most=2)
        tuner.note(rows, rows * float(threads), spins=False)
    assert tuner.choose(100, spins=False, most=2) == 1


@pytest.mark.parametrize("most", [1, 2])
def test_no_more_threads_than_are_allowed(most: int) -> None:
    assert max(work(Tuner(4), lambda threads: 1.0 / threads, most=most)) == most


def test_a_single_core_is_never_tried_otherwise() -> None:
    assert set(work(Tuner(1), lambda _: 1.0)) == {1}
