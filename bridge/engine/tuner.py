"""Find by trial how many threads decode fastest; nothing else tells it beside a busy game."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

TRIAL_STEPS = 4
"""So many steps are compared with as many; their mean, because rare stalls count too."""

FIRST_TRIAL = 12
CALM_TRIAL = 200
LAST_TRIAL = 400
"""
Steps until the next trial: few at first, then twice as many each time nothing was gained.

Threads that may spin have the machine to themselves, and hardly anything to find out: after 48
steps, as it once was, a trial cost the first replies three of a hundred tokens per second.
"""

WORTH_CHANGING = 0.93
"""Another number of threads must take less than this part of the time."""

LOST = 1.2
LOST_AT_FIRST = 3.0
"""A trial that takes so many times longer is over; its first step also starts or ends threads."""

MANY_ROWS = 16
"""From here on a step's time counts by the row: prompts come in pieces of any size."""


@dataclass(slots=True)
class _Course:
    """What is known of steps of one kind."""

    place: int
    """Which number of threads is in use, as a place in the ladder."""
    trial: int | None = None
    """Which one is being tried."""
    upwards: bool = False
    until_trial: int = FIRST_TRIAL
    patience: int = FIRST_TRIAL
    usual: list[float] = field(default_factory=list)
    tried: list[float] = field(default_factory=list)


class Tuner:
    """
    Chooses the number of threads for each kind of step and tries its neighbours now and then.

    A kind is how many rows a step has and whether threads spin while they wait. The best number
    for one reply may be one and for eight all cores; it changes when a game starts to work.
    One that is `cautious` begins with one thread where threads should not spin. One that
    `may_turn` tries there as well, above all other rungs, to let all threads spin nevertheless:
    beside a game that rests between its frames it pays, beside a program that never rests it
    costs more than anything else, and how busy both are is the same.
    """

    def __init__(self, most: int, *, cautious: bool = False, may_turn: bool = False) -> None:
        self._ladder = ladder(most)
        self._cautious = cautious
        self._may_turn = may_turn
        self._courses: dict[tuple[int, bool], _Course] = {}

    def choose(self, rows: int, *, spins: bool, most: int) -> int:
        """Return how many threads, `most` at most, the next step of `rows` rows is to use."""
        place = self._place(rows, spins=spins)
        return min(self._ladder[min(place, len(self._ladder) - 1)], most)

    def turns(self, rows: int, *, spins: bool) -> bool:
        """Return whether the next step of `rows` rows is to spin where threads should not."""
        return self._place(rows, spins=spins) == len(self._ladder)

    def note(self, rows: int, seconds: float, *, spins: bool) -> None:
        """Learn how long a step took with the threads that were chosen for it."""
        course = self._course(rows, spins)
        cost = seconds / rows if rows >= MANY_ROWS else seconds
        if course.trial is None:
            course.usual = [*course.usual[1 - TRIAL_STEPS :], cost]
            course.until_trial -= 1
            # All cores are ours, and a prompt has work for each: a trial would only be somebody's
            # first word, twice as late.
            pointless = spins and rows >= MANY_ROWS
            if course.until_trial <= 0 and len(self._ladder) > 1 and not pointless:
                self._try(course, len(self._ladder) + (self._may_turn and not spins))
        else:
            course.tried.append(cost)
            if len(course.tried) > TRIAL_STEPS or _is_hopeless(course):
                self._judge(course)

    def _place(self, rows: int, *, spins: bool) -> int:
        course = self._course(rows, spins)
        return course.place if course.trial is None else course.trial

    def _course(self, rows: int, spins: bool) -> _Course:
        kind = rows if rows < MANY_ROWS else 1 << (rows.bit_length() - 1)
        key = kind, spins
        if key not in self._courses:
            lowest = self._cautious and not spins
            place = 0 if lowest else len(self._ladder) - 1
            patience = CALM_TRIAL if spins else FIRST_TRIAL
            self._courses[key] = _Course(place, until_trial=patience, patience=patience)
        return self._courses[key]

    def _try(self, course: _Course, places: int) -> None:
        course.upwards = not course.upwards
        place = course.place + (1 if course.upwards else -1)
        if not 0 <= place < places:
            course.upwards = not course.upwards
            place = course.place + (1 if course.upwards else -1)
        course.trial = place
        course.tried = []

    def _judge(self, course: _Course) -> None:
        tried = course.tried[1:] or course.tried
        better = fmean(tried) < fmean(course.usual) * WORTH_CHANGING
        if better and course.trial is not None:
            course.place = course.trial
            course.usual = tried
            course.patience = FIRST_TRIAL
        else:
            course.patience = min(course.patience * 2, LAST_TRIAL)
        course.until_trial = course.patience
        course.trial = None


def _is_hopeless(course: _Course) -> bool:
    most = LOST_AT_FIRST if len(course.tried) == 1 else LOST
    return fmean(course.tried[1:] or course.tried) > most * fmean(course.usual)


def ladder(most: int) -> list[int]:
    """Return the numbers of threads worth trying, from 1 to `most`: every one up to 4, then few."""
    return sorted({min(count, most) for count in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, most)})
