"""What a conversation that has grown too long for its model leaves out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate

from bridge.protocol import ChatMessage, Role

Count = Callable[[Sequence[ChatMessage]], int]
"""How many tokens a conversation is, rendered."""

Weigh = Callable[[ChatMessage], int]
"""About how many tokens a message adds; cheap."""

KEPT = (Role.SYSTEM, Role.DEVELOPER)
"""Whose words are never dropped: the persona and the lore."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A conversation that fits, and the messages it had to leave out, oldest first."""

    messages: list[ChatMessage]
    dropped: list[ChatMessage]


def fit(
    messages: Sequence[ChatMessage], count: Count, weigh: Weigh, room: int, block: int
) -> Fitted | None:
    """
    Drop the oldest turns of a conversation until it is no more than `room` tokens.

    A turn is what a player said with all that answered it, tools included; system messages and the
    last turn stay. Tokens are dropped by the `block`, so that the next turns find room without
    dropping more, and the KV cache goes on to fit what is left. None when even the last turn alone
    is too long.
    """
    excess = count(messages) - room
    if excess <= 0:
        return Fitted(list(messages), [])
    turns = old_turns(messages)
    if not turns:
        return None
    ends = list(accumulate(sum(weigh(messages[index]) for index in turn) for turn in turns))
    cuts = _cuts(ends, block)
    fitting = partial(_fits, messages, turns, count, room)
    at = min(bisect_left(cuts, excess, key=lambda cut: ends[cut - 1]), len(cuts) - 1)
    while not fitting(cuts[at]):
        at += 1
        if at == len(cuts):
            return None
    while at and fitting(cuts[at - 1]):
        at -= 1
    gone = turns[: cuts[at]]
    return Fitted(without(messages, gone), [messages[index] for turn in gone for index in turn])


def _cuts(ends: list[int], block: int) -> list[int]:
    """
    Return how many turns may go: a block's worth, two blocks', … and all.

    They depend on the turns before them only. Were they counted from what is too much, each small
    error of the weights would move them, and a long conversation would drop turn by turn.
    """
    edges = range(block, ends[-1] + 1, block)
    return sorted({bisect_left(ends, edge) + 1 for edge in edges} | {len(ends)})


def _fits(
    messages: Sequence[ChatMessage], turns: list[list[int]], count: Count, room: int, cut: int
) -> bool:
    return count(without(messages, turns[:cut])) <= room


def old_turns(messages: Sequence[ChatMessage]) -> list[list[int]]:
    """Return where the messages of each turn before the last are; the first may have no player."""
    turns: list[list[int]] = [[]]
    for index, message in enumerate(messages):
        if message.role in KEPT:
            continue
        if message.role is Role.USER and turns[-1]:
            turns.append([])
        turns[-1].append(index)
    return turns[:-1]


def without(messages: Sequence[ChatMessage], turns: list[list[int]]) -> list[ChatMessage]:
    """Return a conversation without some of its turns."""
    gone = {index for turn in turns for index in turn}
    return [message for index, message in enumerate(messages) if index not in gone]
