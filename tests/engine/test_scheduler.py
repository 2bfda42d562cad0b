"""Who is served before whom, who must make room, and that nobody starves."""

from __future__ import annotations

from typing import Any

import pytest

from bridge.engine.archive import Archive
from bridge.engine.backend import Decoded
from bridge.engine.batch import Batch
from bridge.engine.fake import FakeBackend
from bridge.engine.sequence import AGEING_SECONDS, Sequence, State
from bridge.protocol import FinishReason, Priority
from tests.engine.driver import Driver, alone

INTERACTIVE, NORMAL, BACKGROUND, SPECULATIVE = Priority


class Machine(Driver):
    """A driver whose clock stands still unless a test moves it."""

    def __init__(self, backend: FakeBackend, chunk_tokens: int = 8, room: int = 1 << 20) -> None:
        self.now = 0.0
        archive = Archive(room, rewinds=backend.rewinds)
        super().__init__(backend, chunk_tokens, archive=archive, clock=lambda: self.now)

    def endless(self, job: str, text: str, priority: Priority, tokens: int = 300) -> Sequence:
        return self.add(job, text, priority=priority, max_tokens=tokens, ignore_eos=True)

    def steps(self, count: int) -> None:
        for _ in range(count):
            self.step()

    def written(self, job: str) -> int:
        return len(self.ids.get((job, 0), []))


def machine(slots: int = 1, *, room: int = 1 << 20, **options: object) -> Machine:
    settings = {"context": 512, "batch_tokens": 32, **options}
    return Machine(FakeBackend(slots=slots, **settings), room=room)  # type: ignore[arg-type]


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
    many = [one.endless(letter, letter * 5, NORMAL) for letter in "abcde"]
    one.step()  # Three of five, though a chunk is 8 tokens.
    assert [each.unread for each in many] == [1, 1, 1, 5, 5]


def test_long_prompts_are_cut_however_many_they_are() -> None:
    one = machine(slots=8, batch_tokens=64)
    one.endless("story", "s" * 9, NORMAL)
    one.steps(2)
    many = [one.endless(letter, letter * 12, NORMAL) for letter in "abc"]
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


def test_a_better_one_does_not_wait_for_a_worse_readers_prefix() -> None:
    one = machine(slots=2)
    slow = one.add("slow", "L" * 60 + "a", priority=BACKGROUND, max_tokens=1)
    one.steps(2)
    assert slow.read == 16
    player = one.add("player", "L" * 60 + "b", priority=INTERACTIVE, max_tokens=1)
    one.step()
    assert (player.cached, slow.state) == (16, State.WAITING)
    one.run()
    assert one.backend.read_tokens == 61 + 1
    assert one.texts["slow", 0] == alone("L" * 60 + "a", max_tokens=1)


def test_a_chain_of_prefixes_is_read_once_link_by_link() -> None:
    one = machine(slots=4)
    chain = ["A" * 40, "A" * 40 + "B" * 40, "A" * 40 + "B" * 40 + "C" * 40]
    for index, prompt in enumerate(chain):
        one.add(f"{index}", prompt + "!", max_tokens=1)
    one.run()
    assert one.backend.read_tokens <= 120 + 3 + 2
    assert [one.texts[f"{i}", 0] for i in range(3)] == [alone(p + "!", max_tokens=1) for p in chain]


def test_nobody_waits_for_a_long_reader_longer_than_for_what_they_share() -> None:
    one = machine(slots=2, batch_tokens=16)
    long = one.add("long", "L" * 32 + "x" * 200, max_tokens=1)
    short = one.add("short", "L" * 32 + "y", max_tokens=1)
    while ("short", 0) not in one.reasons:
        one.step()
    assert short.cached == 32
    assert long.read < 120


def test_where_nothing_rewinds_a_reader_stops_where_others_go_on() -> None:
    one = machine(slots=3, rewinds=False)
    for index in range(3):
        one.add(f"{index}", "L" * 50 + f"{index}", max_tokens=3)
    one.run()
    assert one.backend.read_tokens == 51 + 2 * 1 + 3 * 2
    assert one.engine.archive.bytes_used > 0
    for index in range(3):
        assert one.texts[f"{index}", 0] == alone("L" * 50 + f"{index}", max_tokens=3)


def test_where_nothing_rewinds_a_pinned_beginning_serves_everybody_who_comes_later() -> None:
    one = machine(slots=1, rewinds=False)
    one.add("lore", "L" * 50, reads_only=True, pinned=True)
    one.run()
    assert one.backend.read_tokens == 50
    for index in range(3):
        one.add(f"{index}", "L" * 50 + f"{index}" * 5, max_tokens=1)
        one.run()
    assert one.backend.read_tokens == 50 + 3 * 5
    assert one.engine.archive.pinned == 1


def test_a_reader_ends_without_a_word_and_what_it_read_is_kept_until_unpinned() -> None:
    one = machine(slots=1)
    lore = one.add("lore", "L" * 50, reads_only=True, pinned=True)
    one.run()
    assert (lore.reason, lore.written) == (FinishReason.STOP, 0)
    again = one.add("again", "L" * 50, reads_only=True, pinned=True)
    one.run()
    assert again.cached == 50
    assert one.engine.archive.pinned == 1
    one.engine.unpin("lore")
    assert one.engine.archive.pinned == 1
    one.engine.unpin("again")
    one.engine.unpin("nobody")
    assert one.engine.archive.pinned == 0


def test_a_beginning_is_read_without_being_pinned_where_there_is_no_room() -> None:
    one = machine(slots=1, room=0)
    one.add("lore", "L" * 50, reads_only=True, pinned=True)
    one.run()
    assert one.engine.archive.pinned == 0
    one.add("a", "L" * 50 + "a", max_tokens=1)
    one.run()
    assert one.backend.read_tokens == 51


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


def test_who_comes_too_late_expires_and_keeps_what_was_written() -> None:
    one = machine()
    one.add("talk", "t" * 9, deadline=10.0, ignore_eos=True, max_tokens=300)
    one.steps(4)
    one.now = 10.0
    one.run()
    assert one.reasons["talk", 0] is FinishReason.EXPIRED
    assert one.written("talk") > 0


class Slow(FakeBackend):
    """Takes a tenth of a second a token."""

    machine: Machine

    def decode(self, batch: Batch) -> Decoded:
        self.machine.now += len(batch) / 10
        return super().decode(batch)


@pytest.fixture
def slow() -> Machine:
    backend = Slow(slots=1, batch_tokens=32)
    one = backend.machine = Machine(backend, chunk_tokens=32)
    one.add("measured", "m" * 32, max_tokens=1)
    one.run()
    return one


@pytest.mark.parametrize("what", ["first_token_by", "deadline"])
def test_who_cannot_make_it_expires_at_once(slow: Machine, what: str) -> None:
    hopeless: dict[str, Any] = {what: slow.now + 6.0}
    possible: dict[str, Any] = {what: slow.now + 8.0}
    slow.add("hopeless", "h" * 64, **hopeless)
    slow.add("possible", "p" * 64, **possible, max_tokens=1)
    before = slow.backend.read_tokens
    slow.run()
    assert slow.reasons["hopeless", 0] is FinishReason.EXPIRED
    assert slow.reasons["possible", 0] is FinishReason.LENGTH
    assert slow.backend.read_tokens == before + 64


def test_what_is_remembered_need_not_be_read_in_time(slow: Machine) -> None:
    slow.add("again", "m" * 32, first_token_by=slow.now + 0.5, max_tokens=1)
    slow.run()
    assert slow.reasons["again", 0] is FinishReason.LENGTH


def test_the_prompts_that_are_read_before_count_as_well(slow: Machine) -> None:
    slow = Machine(backend := Slow(slots=2, batch_tokens=32), chunk_tokens=32)
    backend.machine = slow
    slow.add("measured", "m" * 32, max_tokens=1)
    slow.run()
    slow.add("first", "f" * 64, max_tokens=1)
    slow.step()
    slow.add("second", "s" * 32, first_token_by=slow.now + 4.0, max_tokens=1)
    slow.run()
    assert slow.reasons["second", 0] is FinishReason.EXPIRED


def test_a_reply_that_began_in_time_may_take_its_time(slow: Machine) -> None:
    slow.add("talk", "t" * 9, first_token_by=slow.now + 5.0, max_tokens=200, ignore_eos=True)
    slow.run()
    assert slow.reasons["talk", 0] is FinishReason.LENGTH
    sequence = slow.add("b", "b", first_token_by=slow.now, written=(280,), max_tokens=4)
    slow.run()
    assert sequence.reason is FinishReason.LENGTH  # It began before its worker died.


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
