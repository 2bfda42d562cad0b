"""How the engine is held to what a game can spare."""

from __future__ import annotations

import random

import pytest

from bridge.engine.fake import FakeBackend
from bridge.engine.frames import LEAST_SHARE
from bridge.engine.pace import (
    FIRST_CHUNK,
    LONGEST_PAUSE,
    MAX_CHUNK,
    MIN_CHUNK,
    QUIET_SECONDS,
    REST_SECONDS,
    Pacer,
)
from bridge.protocol import FinishReason, Pace, PaceMode
from tests.engine.driver import Driver

FULL, BALANCED = Pace(PaceMode.FULL), Pace(PaceMode.BALANCED)
BACKGROUND, PAUSED = Pace(PaceMode.BACKGROUND), Pace(PaceMode.PAUSED)


def step(pacer: Pacer, *, seconds: float = 0.1, at: float = 0.0, rows: int = 1) -> None:
    pacer.note(rows=rows, written=1, started=at, ended=at + seconds)


@pytest.mark.parametrize("pace", [FULL, BALANCED])
def test_steps_follow_each_other_at_once(pace: Pace) -> None:
    pacer = Pacer(2, pace)
    step(pacer)
    assert pacer.wait(0.1) == 0


def test_in_the_background_half_of_the_time_is_left() -> None:
    pacer = Pacer(2, BACKGROUND)
    step(pacer, seconds=0.1)
    assert pacer.wait(0.1) == pytest.approx(0.1)
    assert pacer.wait(0.15) == pytest.approx(0.05)
    assert pacer.wait(0.3) == 0


def test_a_share_of_the_time_is_kept() -> None:
    pacer = Pacer(2, Pace(PaceMode.FULL, share=0.2))
    step(pacer, seconds=0.1)
    assert pacer.wait(0.1) == pytest.approx(0.4)


def test_no_more_is_written_than_is_needed() -> None:
    pacer = Pacer(2, Pace(PaceMode.FULL, tokens_per_second=20))
    pacer.note(rows=4, written=4, started=1.0, ended=1.05)
    assert pacer.wait(1.05) == pytest.approx(0.15)


def test_reading_a_prompt_does_not_count_as_writing() -> None:
    pacer = Pacer(2, Pace(PaceMode.FULL, tokens_per_second=20))
    pacer.note(rows=100, written=0, started=1.0, ended=1.05)
    assert pacer.wait(1.05) == 0


def test_another_pace_ends_the_pause() -> None:
    pacer = Pacer(2, Pace(PaceMode.BALANCED, share=0.01))
    step(pacer)
    pacer.set(FULL, 0.1)
    assert pacer.wait(0.1) == 0


def test_only_paused_is_paused() -> None:
    pacer = Pacer(2, PAUSED)
    assert pacer.paused
    pacer.set(BACKGROUND, 0.1)
    assert not pacer.paused


def test_the_background_has_half_of_the_threads_and_never_spins() -> None:
    pacer = Pacer(4, BACKGROUND)
    assert pacer.threads(1) == 2
    assert Pacer(1, BACKGROUND).threads(1) == 1
    pacer.meet(0.0, 100.0)
    assert not pacer.spins


def test_full_spins_whatever_others_do() -> None:
    pacer = Pacer(2, FULL)
    pacer.meet(2.0, 1.0)
    assert pacer.spins


def spins(pacer: Pacer) -> bool:
    """Ask anew: a checker of types would take an earlier answer for the later one."""
    return pacer.spins


def test_balanced_spins_only_while_others_rest() -> None:
    pacer = Pacer(2, BALANCED)
    assert not spins(pacer), "before anybody has looked"
    pacer.meet(0.0, 1.0)
    assert spins(pacer)
    pacer.meet(1.0, 2.0)
    assert not spins(pacer)
    pacer.meet(0.0, 2.0 + QUIET_SECONDS / 2)
    assert not spins(pacer), "a game that waits for its next frame does not rest"
    pacer.meet(0.0, 2.0 + QUIET_SECONDS)
    assert spins(pacer)


def test_balanced_spins_beside_others_while_that_is_faster_but_for_steps_that_must_be_exact() -> (
    None
):
    pacer = Pacer(2, BALANCED)
    pacer.meet(1.0, 1.0)
    for _ in range(40):
        pacer.threads(2)
        pacer.note(rows=2, written=2, started=0.0, ended=1.0 if spins(pacer) else 2.0)
    pacer.threads(2)
    assert spins(pacer)
    pacer.threads(2, exact=True)
    assert not spins(pacer)
    pacer.set(BACKGROUND, 0.1)
    pacer.threads(2)
    assert not spins(pacer), "whatever was learned before"


def test_threads_that_cannot_be_let_sleep_again_are_not_tried() -> None:
    pacer = Pacer(2, BALANCED, sleeps=False)
    pacer.meet(1.0, 1.0)
    for _ in range(40):
        pacer.threads(2)
        assert not spins(pacer)
        pacer.note(rows=2, written=2, started=0.0, ended=1.0)


@pytest.mark.parametrize("pace", [FULL, BALANCED])
def test_threads_sleep_while_a_form_is_compiled_and_such_steps_teach_nothing(pace: Pace) -> None:
    pacer = Pacer(2, pace)
    pacer.meet(0.0, QUIET_SECONDS)
    assert spins(pacer)
    pacer.crowded = True
    assert not spins(pacer)
    for _ in range(200):  # Far more than there are steps until a trial.
        step(pacer, seconds=0.1)
        assert pacer.threads(1) == 2
    pacer.crowded = False
    assert spins(pacer)


@pytest.mark.parametrize(("threads", "fills", "left"), [(4, True, 3), (4, False, 4), (1, True, 1)])
def test_a_core_is_left_to_what_is_compiled_where_all_threads_fill_the_machine(
    threads: int, fills: bool, left: int
) -> None:
    pacer = Pacer(threads, FULL, fills=fills)
    pacer.crowded = True
    assert pacer.threads(2) == left
    assert pacer.threads(1, exact=True) == threads
    pacer.crowded = False
    assert pacer.threads(2) == threads


def test_a_mode_decides_at_once_whether_threads_spin() -> None:
    pacer = Pacer(2, FULL)
    pacer.set(BALANCED, 0.1)
    pacer.meet(1.0, 1.0)
    pacer.set(FULL, 0.1)
    assert pacer.spins
    pacer.set(BACKGROUND, 0.1)
    assert not pacer.spins


def test_a_step_that_must_be_exact_has_as_many_threads_each_time() -> None:
    pacer = Pacer(2, BALANCED)
    for _ in range(200):
        threads = pacer.threads(1)
        pacer.note(rows=1, written=1, started=0.0, ended=float(threads))
        assert pacer.threads(1, exact=True) == 2
    assert pacer.threads(1) == 1
    pacer.note(rows=1, written=1, started=0.0, ended=9.0, exact=True)
    assert pacer.threads(1) == 1


def test_chunks_of_prompts_follow_the_speed() -> None:
    pacer = Pacer(2, FULL)
    assert pacer.chunk_tokens == FIRST_CHUNK
    for _ in range(50):
        pacer.note(rows=100, written=0, started=0.0, ended=0.105)
    assert pacer.chunk_tokens == 272, "what is read in 0.3 s, in steps of 16"
    pacer.note(rows=1, written=1, started=0.0, ended=9.0)
    assert pacer.chunk_tokens == 272, "a step without a prompt says nothing about reading"


@pytest.mark.parametrize(("seconds", "chunk"), [(100.0, MIN_CHUNK), (0.0001, MAX_CHUNK)])
def test_chunks_are_never_tiny_and_never_huge(seconds: float, chunk: int) -> None:
    pacer = Pacer(2, FULL)
    pacer.note(rows=100, written=0, started=0.0, ended=seconds)
    assert pacer.chunk_tokens == chunk


def frame(pacer: Pacer, milliseconds: float) -> float:
    """Report a frame after a step; return the share that is left when the next has been done."""
    step(pacer)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=milliseconds), 0.1)
    step(pacer)
    return pacer.share


def test_longer_frames_take_time_away_and_good_ones_give_it_back() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=16.0), 0.1)
    assert frame(pacer, 25.0) == 0.5
    assert frame(pacer, 25.0) == 0.25
    assert frame(pacer, 16.0) == pytest.approx(0.35)
    for _ in range(20):
        frame(pacer, 16.0)
    assert pacer.share == 1.0


def test_even_the_slowest_frames_leave_a_little() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=10.0), 0.1)
    for _ in range(9):
        frame(pacer, 1000.0)
    assert pacer.share == LEAST_SHARE


def test_long_frames_while_nothing_was_done_are_the_games_own() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=16.0), 0.1)
    for report in range(30):
        pacer.set(Pace(PaceMode.BALANCED, frame_ms=40.0), 0.2 + report / 25)
    step(pacer, at=1.4)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=41.0), 1.5)
    step(pacer, at=1.5)
    assert pacer.share == 1.0


def share_beside(
    own: float, beside: float, *, jitter: float = 0.0, each: float = 0.1, seconds: float = 60.0
) -> float:
    """
    Play a game that reports each of its frames, and return the share of the time that is used.

    A frame takes `own` seconds, while the engine works `beside`, and both vary by `jitter` of
    themselves; a step takes `each`. A worker that decodes hears reports only when it has done.
    """
    pacer, noise = Pacer(2, BALANCED), random.Random(1)
    now = worked = 0.0
    while now < seconds:
        frames: list[float] = []
        if pacer.wait(now) > 0 or now < 1.0:
            frames = [own * max(noise.gauss(1, jitter), 0.5)]
            now += frames[0]
        else:
            step(pacer, seconds=each, at=now)
            while sum(frames) < each - beside / 2:
                frames.append(beside * max(noise.gauss(1, jitter), 0.5))
            now, worked = now + each, worked + each
        for frame in frames:
            pacer.set(Pace(PaceMode.BALANCED, frame_ms=frame * 1000), now)
    return worked / (seconds - 1)


def test_a_game_that_reports_every_frame_gets_them_back() -> None:
    assert share_beside(0.016, 0.030) < 2 * LEAST_SHARE
    assert share_beside(0.016, 0.024, jitter=0.1) < 3 * LEAST_SHARE


@pytest.mark.parametrize("own", [1 / 60, 1 / 144])
@pytest.mark.parametrize("jitter", [0.0, 0.05, 0.1, 0.15])
def test_a_game_that_is_not_disturbed_takes_little_away(own: float, jitter: float) -> None:
    assert share_beside(own, own * 1.05, jitter=jitter, each=0.06) > 0.75


def test_a_prompt_that_was_read_in_one_long_step_is_not_paid_for_with_minutes() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=10.0), 0.1)
    for _ in range(9):
        frame(pacer, 1000.0)
    step(pacer, seconds=2.0, at=0.1)
    assert pacer.wait(2.1) == pytest.approx(LONGEST_PAUSE)


def test_a_report_after_many_hours_is_one_like_any_other() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=16.0), 0.1)
    step(pacer, at=1.0)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=16.0), 1e6)
    assert pacer.share == 1.0


def test_the_share_is_kept_however_often_the_game_reports() -> None:
    pacer = Pacer(2, BALANCED)
    for report in range(60):
        pacer.set(Pace(PaceMode.BALANCED, share=0.1, frame_ms=16.0), 1 + report / 60)
    step(pacer, seconds=0.1, at=2.0)
    for report in range(30):
        pacer.set(Pace(PaceMode.BALANCED, share=0.1, frame_ms=16.0), 2.1 + report / 60)
    assert pacer.wait(2.6) == pytest.approx(0.4)


def test_who_had_nothing_to_do_for_long_begins_anew() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=16.0), 0.1)
    assert frame(pacer, 25.0) == 0.5
    step(pacer, at=pacer.wait(0.1) + 0.2 + REST_SECONDS)
    assert pacer.share == 1.0


def test_a_pace_without_a_frame_time_forgets_it() -> None:
    pacer = Pacer(2, BALANCED)
    pacer.set(Pace(PaceMode.BALANCED, frame_ms=16.0), 0.1)
    frame(pacer, 50.0)
    pacer.set(BALANCED, 0.1)
    assert pacer.share == 1.0


def test_the_engine_tells_its_backend_how_to_wait_and_with_how_many_threads() -> None:
    driver = Driver(FakeBackend())
    driver.engine.pacer = Pacer(3, FULL)
    driver.add("a", "once upon a time")
    driver.step()
    assert driver.backend.spins
    assert driver.backend.threads == 3


def test_whoever_is_cancelled_while_the_engine_rests_ends() -> None:
    driver = Driver()
    driver.add("a", "once upon a time")
    driver.step()
    driver.engine.cancel("a")
    [ended] = driver.engine.rest()
    assert ended.sequence.reason is FinishReason.CANCELLED
    assert driver.engine.idle
