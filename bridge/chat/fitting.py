"""What a conversation that has grown too long for its model leaves out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
    weights = [sum(weigh(messages[index]) for index in turn) for turn in turns]
    wanted = -(-excess // block) * block
    dropped = min(bisect_left(list(accumulate(weights)), wanted) + 1, len(turns))
    while 0 < dropped <= len(turns):
        kept = without(messages, turns[:dropped])
        if count(kept) <= room:
            return Fitted(kept, [messages[index] for turn in turns[:dropped] for index in turn])
        dropped += 1
    return None


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
