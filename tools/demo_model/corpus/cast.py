"""What a cast is: its trades, its goods and the things it can be asked about."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    """
    Something a character can be asked.

    `unseen` are wordings kept for the evaluation; `words` (patterns) show that a reply keeps to
    the topic, at least one must occur in it. A `kind` other than "topic" is scored by itself.
    """

    asks: tuple[str, ...]
    unseen: tuple[str, ...]
    replies: tuple[str, ...]
    words: tuple[str, ...] = ()
    thought: str = "They ask me something. I answer in my own way."
    moods: tuple[str, ...] = ("calm", "happy")
    kind: str = "topic"


@dataclass(frozen=True)
class Cast:
    """A trade with its goods, its words for its work, and its own topics."""

    trades: tuple[str, ...]
    goods: tuple[str, ...]
    work: tuple[str, ...]
    topics: tuple[Topic, ...]
    notes: tuple[str, ...] = ()
