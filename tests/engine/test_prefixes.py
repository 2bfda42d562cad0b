"""What somebody has read already is not read again, whoever comes and whatever happens to him."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bridge.engine.fake import FakeBackend
from bridge.engine.sequence import State
from bridge.protocol import FinishReason
from tests.engine.driver import Driver, alone, plain_order
from tests.engine.machine import BACKGROUND, INTERACTIVE, machine


def test_the_next_turn_reads_only_what_is_new() -> None:
    driver = Driver()
    first = driver.add("a", "The first turn.", max_tokens=4)
    driver.run()
    history = first.tokens
    order_text = "And the second."
    second = driver.engine.add(plain_order("b", [*history, *order_text.encode()]))
    driver.run()
    assert second.cached == len(history) - 1  # The last token sampled was never decoded.


def test_characters_share_the_prefix_that_one_of_them_has_read() -> None:
    lore = "L" * 100
    driver = Driver(FakeBackend(slots=4))
    driver.add("first", lore + "I am Boris.")
    driver.run()
    later = driver.add("later", lore + "I am Mira.")
    driver.run()
    assert later.cached == 100 + len("I am ")
    assert driver.texts["later", 0] == alone(lore + "I am Mira.")
    again = driver.add("first again", lore + "I am Boris. Hello?")
    driver.run()
    assert again.cached == 100 + len("I am Boris.")  # Mira took another slot.


def test_characters_that_arrive_together_have_their_lore_read_once() -> None:
    lore = "L" * 120
    backend = FakeBackend(slots=8, batch_tokens=64)
    driver = Driver(backend)
    for index in range(8):
        driver.add(f"job{index}", f"{lore}{index}{'p' * 5}", max_tokens=1)
    driver.run()
    assert backend.read_tokens <= 120 + 8 * 6
    for index in range(8):
        prompt = f"{lore}{index}{'p' * 5}"
        assert driver.texts[f"job{index}", 0] == alone(prompt, max_tokens=1)


@pytest.mark.parametrize("slots", [1, 4])
def test_to_read_a_beginning_again_takes_nothing_from_who_goes_on_with_it(slots: int) -> None:
    lore = "L" * 50
    driver = Driver(FakeBackend(slots=slots))
    talk = driver.add("talk", lore + "T" * 80, max_tokens=20, ignore_eos=True)
    driver.run()
    for job in ("lore", "lore again"):
        driver.engine.add(
            replace(plain_order(job, list(lore.encode())), reads_only=True, pinned=True)
        )
        driver.run()
    turn = driver.engine.add(plain_order("turn", [*talk.tokens, 65]))
    driver.run()
    assert turn.cached == len(talk.tokens) - 1


def test_choices_of_one_job_share_the_whole_prompt() -> None:
    backend = FakeBackend()
    driver = Driver(backend)
    for index in range(3):
        driver.add("a", "p" * 90, index=index, max_tokens=1)
    driver.run()
    assert backend.read_tokens == 90 + 2
    assert {key[1] for key in driver.reasons} == {0, 1, 2}


def test_a_sibling_that_is_cancelled_while_reading_does_not_stop_the_others() -> None:
    driver = Driver(FakeBackend(batch_tokens=16))
    driver.add("reader", "L" * 100 + "a")
    waiter = driver.add("waiter", "L" * 100 + "b")
    driver.step()
    assert waiter.admitted_at is None
    driver.engine.cancel("reader")
    driver.run()
    assert driver.reasons["reader", 0] is FinishReason.CANCELLED
    assert driver.texts["waiter", 0] == alone("L" * 100 + "b")


def test_a_model_that_cannot_rewind_reads_again_unless_a_prompt_goes_on_exactly() -> None:
    backend = FakeBackend(rewinds=False)
    driver = Driver(backend)
    first = driver.add("a", "One prompt.", max_tokens=3)
    driver.run()
    goes_on = driver.engine.add(plain_order("b", [*first.tokens, 65]))
    driver.run()
    assert goes_on.cached == len(first.tokens) - 1
    other = driver.add("c", "One prompt!", max_tokens=3)
    driver.run()
    assert other.cached == 0
    assert driver.texts["c", 0] == alone("One prompt!", max_tokens=3)


def test_the_oldest_idle_slot_is_the_one_that_is_given_up() -> None:
    driver = Driver(FakeBackend(slots=2, context=512))
    for job in ("old", "recent", "new"):
        driver.add(job, f"{job * 8}", max_tokens=1)
        driver.run()
    recent = driver.add("recent again", f"{'recent' * 8} more", max_tokens=1)
    driver.run()
    assert recent.cached == len("recent" * 8)


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
