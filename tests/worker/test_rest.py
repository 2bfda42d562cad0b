"""When a worker steps and how long it listens."""

from __future__ import annotations

from bridge.engine.pace import Pacer
from bridge.protocol import Pace, PaceMode
from bridge.worker.contention import LOOK_SECONDS, Contention, busy_seconds
from bridge.worker.rest import LONGEST_NAP, SIGN_OF_LIFE, Rest


class Machine:
    """A clock and two counters that tests turn."""

    def __init__(self) -> None:
        self.now = 100.0
        self.total = 50.0
        self.own = 5.0

    def contention(self) -> Contention:
        return Contention(lambda: self.now, lambda: self.total, lambda: self.own)


def rest_of(machine: Machine, pace: Pace) -> tuple[Rest, Pacer]:
    pacer = Pacer(2, pace)
    return Rest(pacer, lambda: machine.now, machine.contention(), lambda *_: None), pacer


def over(rest: Rest) -> bool:
    """Ask anew: a checker of types would take an earlier answer for the later one."""
    return rest.over


def silent(rest: Rest) -> bool:
    """Ask anew, likewise."""
    return rest.is_silent


def test_a_worker_steps_at_once_unless_its_pace_wants_a_pause() -> None:
    machine = Machine()
    rest, pacer = rest_of(machine, Pace(PaceMode.FULL, share=0.5))
    assert over(rest)
    assert rest.seconds() == 0
    pacer.note(rows=1, written=1, started=machine.now, ended=machine.now + 0.015625)
    machine.now += 0.015625
    assert not over(rest)
    assert rest.seconds() == 0.015625
    machine.now += 0.015625
    assert over(rest)


def test_a_paused_worker_looks_up_now_and_then_and_never_steps() -> None:
    machine = Machine()
    rest, _ = rest_of(machine, Pace(PaceMode.PAUSED))
    machine.now += 1000
    assert not over(rest)
    assert rest.seconds() == LONGEST_NAP


def test_no_pause_is_so_long_that_a_deadline_is_missed() -> None:
    machine = Machine()
    rest, pacer = rest_of(machine, Pace(PaceMode.FULL, share=0.01))
    pacer.note(rows=1, written=1, started=machine.now, ended=machine.now + 1)
    assert rest.seconds() == LONGEST_NAP


def test_a_worker_that_rests_for_long_gives_a_sign_of_life() -> None:
    machine = Machine()
    rest, _ = rest_of(machine, Pace(PaceMode.PAUSED))
    assert not silent(rest)
    machine.now += SIGN_OF_LIFE
    assert silent(rest)
    rest.spoke()
    assert not silent(rest)


def test_what_others_use_decides_whether_threads_spin() -> None:
    machine = Machine()
    rest, pacer = rest_of(machine, Pace(PaceMode.BALANCED))
    machine.now += 1
    machine.total += 1.0
    machine.own += 0.9
    rest.look_around()
    assert pacer.spins
    machine.now += 1
    machine.total += 1.9
    machine.own += 0.9
    rest.look_around()
    assert not pacer.spins


def test_what_others_use_decides_how_far_back_the_worker_stands() -> None:
    machine = Machine()
    stood: list[tuple[PaceMode, float]] = []
    rest = Rest(
        Pacer(2, Pace(PaceMode.BALANCED)),
        lambda: machine.now,
        machine.contention(),
        lambda mode, others: stood.append((mode, others)),
    )
    rest.look_around()
    machine.now += 1
    machine.total += 1.5
    machine.own += 0.5
    rest.look_around()
    assert stood == [(PaceMode.BALANCED, 1.0)]


def test_a_look_that_came_too_soon_changes_nothing() -> None:
    machine = Machine()
    rest, pacer = rest_of(machine, Pace(PaceMode.BALANCED))
    before = pacer.spins
    rest.look_around()
    assert pacer.spins is before


def test_it_looks_no_oftener_than_is_worth_it() -> None:
    machine = Machine()
    contention = machine.contention()
    machine.now += LOOK_SECONDS / 2
    assert contention.look() is None
    machine.now += LOOK_SECONDS
    machine.total += LOOK_SECONDS
    assert contention.look() is not None


def test_counters_that_disagree_are_no_negative_load() -> None:
    machine = Machine()
    contention = machine.contention()
    machine.now += 1
    machine.own += 0.5
    assert contention.look() == 0


def test_the_real_counters_go_forward() -> None:
    before = busy_seconds()
    assert 0 < before <= busy_seconds()
    assert Contention().look() is None
