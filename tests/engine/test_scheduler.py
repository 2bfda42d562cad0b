"""Who is served before whom, who must make room, and that nobody starves."""

from __future__ import annotations

import pytest

from bridge.engine.backend import Decoded
from bridge.engine.batch import Batch
from bridge.engine.fake import FakeBackend
from bridge.engine.sequence import AGEING_SECONDS, State
from bridge.protocol import FinishReason
from tests.engine.driver import alone
from tests.engine.machine import BACKGROUND, INTERACTIVE, NORMAL, SPECULATIVE, machine


def test_those_who_wait_are_served_by_priority_and_then_by_arrival() -> None:
    one = machine()
    for index, priority in enumerate([SPECULATIVE, NORMAL, INTERACTIVE, NORMAL, BACKGROUND]):
        one.add(f"{index}", f"{index}" * 9, priority=priority, max_tokens=1)
    one.run()
    assert [job for job, _ in one.reasons] == ["2", "1", "3", "4", "0"]


@pytest.mark.parametrize("room", [0, 1 << 20])
def test_the_urgent_take_the_place_of_others_and_no_work_is_lost(room: int) -> None:
    one = machine(room=room)
    talk = one.endless("talk", "t" * 40, BACKGROUND, 20)
    one.steps(8)
    before = one.written("talk")
    assert before > 0
    one.add("player", "p" * 40, priority=INTERACTIVE, max_tokens=2)
    one.steps(3)
    assert one.reasons == {("player", 0): FinishReason.LENGTH}
    assert one.written("talk") == before
    read = one.backend.read_tokens
    one.run()
    assert talk.preemptions == 1
    assert one.engine.totals.preemptions == 1
    assert one.texts["talk", 0] == alone("t" * 40, max_tokens=20, ignore_eos=True)
    unread = one.backend.read_tokens - read
    assert unread == (20 - before if room else 40 + 20 - 1)  # Restored, or read once more.
    assert (one.engine.restored_tokens > 0) is (room > 0)


def test_equals_do_not_push_each_other_out() -> None:
    one = machine()
    first = one.endless("a", "a" * 9, NORMAL, 20)
    one.steps(3)
    one.endless("b", "b" * 9, NORMAL, 20)
    one.run()
    assert first.preemptions == 0


def test_who_only_waited_long_pushes_none_of_his_equals_out() -> None:
    one = machine()
    first = one.endless("a", "a" * 9, NORMAL, 20)
    one.steps(3)
    second = one.endless("b", "b" * 9, NORMAL, 5)
    for _ in range(2):
        one.now += AGEING_SECONDS / 2
        one.step()
    one.endless("c", "c" * 9, INTERACTIVE, 5)
    one.run()
    assert (second.level, first.preemptions) == (0, 1)  # The player did.
    assert [job for job, _ in one.reasons] == ["c", "b", "a"]


def test_a_prompt_is_not_cut_for_the_sake_of_a_few_tokens() -> None:
    one = machine(slots=6, batch_tokens=64)
    one.endless("story", "s" * 9, NORMAL)
    one.steps(2)
    readers = [one.endless(f"{length}", f"{length}" * length, NORMAL) for length in (5, 2, 3, 9)]
    one.step()  # A chunk is 8 tokens: the third prompt ends one token after it.
    assert [each.unread for each in readers] == [1, 1, 1, 9]
    one.step()
    assert readers[3].unread == 1  # Longer than a chunk, but not by much.


def test_a_prompt_that_does_not_fit_into_the_rest_of_a_chunk_waits_for_the_next() -> None:
    one = machine(slots=6, batch_tokens=64)
    one.endless("story", "s" * 9, NORMAL)
    one.steps(2)
    first, second = (one.endless(letter, letter * 6, NORMAL) for letter in "ab")
    one.step()
    assert (first.unread, second.unread) == (1, 6)
    one.step()
    assert second.unread == 1


def test_of_many_who_wait_for_their_first_word_half_get_it_in_the_next_step() -> None:
    one = machine(slots=8, batch_tokens=64)
    one.endless("story", "s" * 9, NORMAL)
    one.steps(2)
    many = [one.endless(letter, letter * 5, NORMAL) for letter in "abcdefg"]
    one.step()  # Four of seven, though a chunk is 8 tokens; a fifth would make those wait longer.
    assert [each.unread for each in many] == [1, 1, 1, 1, 5, 5, 5]


def test_long_prompts_are_cut_however_many_they_are() -> None:
    one = machine(slots=8, batch_tokens=64)
    one.endless("story", "s" * 9, NORMAL)
    one.steps(2)
    many = [one.endless(letter, letter * 13, NORMAL) for letter in "abc"]
    one.step()
    assert [each.read for each in many] == [8, 0, 0]


def test_the_youngest_of_the_worst_makes_room() -> None:
    one = machine(slots=3)
    old = one.endless("old", "o" * 9, BACKGROUND)
    young = one.endless("young", "y" * 9, BACKGROUND)
    normal = one.endless("normal", "n" * 9, NORMAL)
    one.steps(3)
    one.endless("player", "p" * 9, INTERACTIVE)
    one.steps(1)
    assert [each.state for each in (old, young, normal)] == [
        State.DECODE,
        State.WAITING,
        State.DECODE,
    ]


def test_background_pauses_while_a_players_prompt_is_read_and_goes_on_after() -> None:
    one = machine(slots=3, batch_tokens=64)
    one.endless("bark", "b" * 9, BACKGROUND)
    one.endless("story", "s" * 9, NORMAL)
    one.steps(4)
    bark, story = one.written("bark"), one.written("story")
    player = one.endless("player", "p" * 40, INTERACTIVE)
    one.step()
    while player.state is State.PREFILL:
        one.step()
    assert one.written("bark") == bark
    assert one.written("story") > story  # Another player listens to it.
    one.step()
    assert one.written("bark") == bark + 1


def test_a_players_prompt_is_read_in_one_step_where_only_background_runs() -> None:
    one = machine(slots=3, batch_tokens=64)
    one.endless("bark", "b" * 9, BACKGROUND)
    one.steps(4)
    one.endless("player", "p" * 60, INTERACTIVE)
    one.step()
    assert one.written("player") == 1


def test_the_prompts_of_background_are_read_in_small_chunks() -> None:
    one = machine(slots=1, batch_tokens=64)
    background = one.endless("bark", "b" * 40, BACKGROUND)
    one.step()
    assert background.read == 8


def test_speculation_runs_only_when_nobody_else_does() -> None:
    one = machine(slots=2)
    one.endless("guess", "g" * 9, SPECULATIVE)
    one.steps(5)
    before = one.written("guess")
    one.endless("story", "s" * 9, NORMAL, 10)
    one.steps(10)
    assert one.written("guess") == before
    one.steps(5)
    assert one.written("guess") > before


def test_nobody_starves_however_many_players_there_are() -> None:
    one = machine(slots=1)
    guess = one.endless("guess", "g" * 9, SPECULATIVE, 5)
    players = 0
    while ("guess", 0) not in one.reasons:
        if one.engine.waiting < 2:
            players += 1
            one.add(f"player{players}", "p" * 9, priority=INTERACTIVE, max_tokens=5)
        one.step()
        one.now += 1.0
        assert one.now < 4 * AGEING_SECONDS
    assert guess.level == 0
    assert players > 5


def test_who_is_served_does_not_age() -> None:
    one = machine()
    talk = one.endless("talk", "t", BACKGROUND)
    for _ in range(5):
        one.step()
        one.now += AGEING_SECONDS - 1
    assert talk.level == 2


def test_a_prompt_that_would_push_others_out_waits_until_they_are_done() -> None:
    one = machine(slots=2, cells=100, context=100)
    first = one.endless("first", "f" * 50, NORMAL, 20)
    one.steps(3)
    second = one.endless("second", "s" * 50, NORMAL, 5)
    one.steps(2)
    assert second.state is State.WAITING
    one.run()
    assert (first.preemptions, second.preemptions) == (0, 0)


def test_a_player_whose_prompt_needs_the_cells_gets_them() -> None:
    one = machine(slots=2, cells=100, context=100)
    first = one.endless("first", "f" * 50, BACKGROUND, 20)
    one.steps(8)
    one.add("player", "s" * 50, priority=INTERACTIVE, max_tokens=5)
    one.run()
    assert first.preemptions == 1
    assert one.texts["first", 0] == alone("f" * 50, max_tokens=20, ignore_eos=True)
    assert one.texts["player", 0] == alone("s" * 50, max_tokens=5)


def test_a_cancelled_reply_frees_its_slot_before_the_next_step() -> None:
    one = machine(slots=1)
    one.endless("talk", "t" * 9, NORMAL)
    next_one = one.endless("next", "n" * 9, NORMAL)
    one.steps(3)
    one.engine.cancel("talk")
    count = one.written("talk")
    assert one.engine.running == 0
    one.step()
    assert next_one.state is not State.WAITING
    one.steps(3)
    assert one.written("talk") == count


def test_sixty_four_jobs_on_four_slots_are_served_alike() -> None:
    one = machine(slots=4, context=512, cells=2048, batch_tokens=128)

    def decode(batch: Batch) -> Decoded:
        one.now += 5 + len(batch)  # A step has a price, and so has each row.
        return FakeBackend.decode(one.backend, batch)

    one.backend.decode = decode  # type: ignore[method-assign]
    jobs = [one.endless(f"{i}", f"{i:02}" * (20 + i % 7), NORMAL, 48) for i in range(64)]
    one.run(5000)
    service = [job.written / ((job.ended_at or 0) - (job.admitted_at or 0)) for job in jobs]
    assert sum(service) ** 2 / (64 * sum(each**2 for each in service)) >= 0.95
    assert not any(job.preemptions for job in jobs)  # Most have waited long enough to rise.
