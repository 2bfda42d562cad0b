"""Saved states: found by their beginnings, bounded, and given up by value."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from bridge.engine.archive import Archive, Saved
from bridge.prefix import common_prefix

LINES = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=6), max_size=12)


class Folder:
    """A depot in memory, which loses what a test takes out of it."""

    def __init__(self) -> None:
        self.states: dict[tuple[int, ...], bytes] = {}

    def held(self) -> Iterable[list[int]]:
        return [list(tokens) for tokens in self.states]

    def put(self, tokens: list[int], state: bytes) -> None:
        self.states[tuple(tokens)] = state

    def get(self, tokens: list[int]) -> bytes | None:
        return self.states.get(tuple(tokens))


def archive(limit: int = 1000, *, rewinds: bool = True, depot: Folder | None = None) -> Archive:
    return Archive(limit, rewinds=rewinds, depot=depot)


def put(into: Archive, text: str, now: float = 0.0, weight: float = 1.0) -> Saved | None:
    return into.put(list(text.encode()), text.encode, weight=weight, now=now)


def pin(into: Archive, text: str) -> Saved | None:
    return into.pin(list(text.encode()), text.encode, weight=1.0, now=0.0)


def found(into: Archive, text: str) -> str | None:
    saved, common = into.find(list(text.encode()))
    return bytes(saved.tokens[:common]).decode() if saved else None


@given(LINES, st.lists(st.integers(0, 2), max_size=6))
def test_the_neighbours_in_order_share_the_longest_beginning(
    lines: list[list[int]], wanted: list[int]
) -> None:
    full = archive()
    for line in lines:
        full.put(line, lambda: b"x", weight=1.0, now=0.0)
    _, common = full.find(wanted)
    assert common == max((common_prefix(line, wanted) for line in lines), default=0)


@given(LINES, st.lists(st.integers(0, 2), max_size=6))
def test_where_only_whole_states_are_of_use_the_longest_whole_one_is_found(
    lines: list[list[int]], wanted: list[int]
) -> None:
    full = archive(rewinds=False)
    for line in lines:
        full.put(line, lambda: b"x", weight=1.0, now=0.0)
    _, common = full.find(wanted)
    whole = (len(line) for line in lines if wanted[: len(line)] == line)
    assert common == max(whole, default=0)


def test_a_later_turn_takes_the_place_of_the_earlier_ones() -> None:
    full = archive()
    put(full, "One.")
    put(full, "One. Two.")
    assert len(full) == 1
    put(full, "One.")  # It is covered already.
    assert (len(full), full.bytes_used) == (1, len("One. Two."))


def test_where_nothing_rewinds_every_turn_is_of_use() -> None:
    full = archive(rewinds=False)
    put(full, "One.")
    put(full, "One. Two.")
    assert len(full) == 2


def test_the_least_valuable_state_goes_when_there_is_no_room() -> None:
    full = archive(25)
    put(full, "player " + "p" * 3, now=0.0, weight=8.0)
    put(full, "guard " + "g" * 4, now=0.0, weight=1.0)
    put(full, "short", now=0.0, weight=1.0)
    put(full, "new comer", now=100.0)
    assert found(full, "guard gggg") != "guard gggg"
    assert found(full, "player ppp") == "player ppp"
    assert found(full, "new comer") == "new comer"
    assert full.bytes_used <= 25


def test_a_use_makes_a_state_worth_more() -> None:
    full = archive(20)
    first = put(full, "a" * 10, now=0.0)
    assert first
    put(full, "b" * 10, now=1.0)
    assert full.load(first, 99.0) == b"a" * 10
    put(full, "c" * 10, now=100.0)
    assert (found(full, "a" * 10), found(full, "b" * 10)) == ("a" * 10, None)


def test_what_is_larger_than_the_room_is_not_kept() -> None:
    full = archive(5)
    assert put(full, "too long") is None
    assert (len(full), full.bytes_used) == (0, 0)
    assert full.open
    assert not archive(0).open


def test_pinned_states_stay_until_they_are_let_go_as_often() -> None:
    full = archive(10)
    saved = pin(full, "lore lore")
    assert saved
    assert saved is pin(full, "lore lore")
    assert full.pinned == 1
    assert put(full, "another") is None
    put(full, "lore lore and more")
    full.unpin(saved)
    assert put(full, "another") is None
    full.unpin(saved)
    assert full.pinned == 0
    assert put(full, "another", now=50.0)
    assert found(full, "lore lore") is None


def test_a_pin_without_room_is_none() -> None:
    full = archive(10)
    assert pin(full, "lore lore")
    assert pin(full, "other") is None
    assert full.pinned == 1


def test_a_longer_conversation_does_not_take_a_pinned_beginnings_place() -> None:
    full = archive()
    pin(full, "lore")
    put(full, "lore and talk")
    assert len(full) == 2


def test_what_has_no_room_goes_to_the_depot_and_comes_back() -> None:
    folder = Folder()
    full = archive(10, depot=folder)
    put(full, "a" * 10, now=0.0)
    put(full, "b" * 10, now=1.0)
    assert full.bytes_used == 10
    saved, common = full.find([*b"a" * 10])
    assert saved
    assert (common, saved.state, saved.size) == (10, None, 0)
    assert full.load(saved, 2.0) == b"a" * 10
    folder.states.clear()
    assert full.load(saved, 2.0) is None
    full.drop(saved)
    full.drop(saved)
    assert (len(full), full.bytes_used) == (1, 10)


def test_without_main_memory_everything_goes_to_the_depot() -> None:
    folder = Folder()
    full = archive(0, depot=folder)
    assert full.open
    assert put(full, "a") is None
    assert folder.states == {(97,): b"a"}


def test_the_depots_states_are_known_from_the_start_and_can_be_pinned() -> None:
    folder = Folder()
    folder.put([1, 2], b"old")
    full = archive(depot=folder)
    saved, common = full.find([1, 2, 3])
    assert saved
    assert common == 2
    pinned = full.pin([1, 2], lambda: b"new", weight=1.0, now=0.0)
    assert pinned
    assert (pinned.state, len(full)) == (b"new", 1)


def test_a_state_is_copied_to_the_depot_on_demand() -> None:
    folder = Folder()
    full = archive(depot=folder)
    saved = put(full, "a")
    assert saved
    assert folder.states == {}
    full.store(saved)
    assert folder.states == {(97,): b"a"}
    saved.state = None
    full.store(saved)  # It lies there already.
    full = archive()
    saved = put(full, "b")
    assert saved
    full.store(saved)  # There is nowhere to.
    assert not list(full.store_all(0.0))


def test_a_state_that_is_larger_than_all_the_room_pushes_nobody_out() -> None:
    small = archive(10)
    put(small, "abc")
    assert put(small, "x" * 11) is None
    assert found(small, "abc") == "abc"
