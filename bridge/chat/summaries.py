"""What was left out of conversations that grew too long, told in short by the model itself."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bridge.chat.content import content_text
from bridge.chat.fitting import KEPT
from bridge.protocol import ChatMessage, Role

REMEMBERED = 256
"""How many summaries are kept."""

SUMMARY_TOKENS = 128
"""How long one may be."""

_HEADING = "What was said before, in short:"
_TASK = (
    "You keep the notes of a conversation. Write down in a few short sentences what matters for "
    "how it goes on: names, facts, promises, moods. Write nothing else."
)
_TELLERS = {Role.USER: "Player", Role.ASSISTANT: "Character", Role.TOOL: "Tool"}


@dataclass(frozen=True, slots=True)
class Wish:
    """
    Messages that want to be told in short: which they are, and the question that asks for it.

    `before` is what was told in short already of the first of them.
    """

    key: bytes
    question: list[ChatMessage]
    before: str


class Summaries:
    """Summaries by the messages they tell of; what was used longest ago is forgotten."""

    def __init__(self, limit: int = REMEMBERED) -> None:
        self._limit = limit
        self._texts: OrderedDict[bytes, str] = OrderedDict()
        self._wishes: dict[bytes, Wish] = {}
        self._asked: OrderedDict[bytes, None] = OrderedDict()

    def find(self, dropped: Sequence[ChatMessage]) -> tuple[str, int]:
        """Return the summary of as many of the first messages as there is one for, and how many."""
        keys = _keys(dropped)
        for count in range(len(keys), 0, -1):
            if (text := self._texts.get(keys[count - 1])) is not None:
                self._texts.move_to_end(keys[count - 1])
                return text, count
        return "", 0

    def wish(self, dropped: Sequence[ChatMessage]) -> None:
        """Note that some messages want a summary, unless there is one or it is being written."""
        text, count = self.find(dropped)
        key = _keys(dropped)[-1]
        if count < len(dropped) and key not in self._asked:
            self._asked[key] = None
            if len(self._asked) > self._limit:
                self._asked.popitem(last=False)
            self._wishes[key] = Wish(key, _question(text, dropped[count:]), text)

    def take_wishes(self) -> list[Wish]:
        """Return what is wished for and has not been returned."""
        wishes, self._wishes = list(self._wishes.values()), {}
        return wishes

    def put(self, wish: Wish, text: str) -> None:
        """Keep a summary; where the model has nothing to add, the one before it stands for both."""
        told = text.strip() or wish.before
        if not told:
            return  # It is not asked for again: it would find nothing again.
        self._asked.pop(wish.key, None)
        self._texts[wish.key] = told
        if len(self._texts) > self._limit:
            self._texts.popitem(last=False)


def with_summary(messages: Sequence[ChatMessage], text: str) -> list[ChatMessage]:
    """Return a conversation with a summary at the end of its first system message."""
    told = f"{_HEADING} {text}"
    first = messages[0] if messages else None
    if first is None or first.role not in KEPT:
        return [ChatMessage(Role.SYSTEM, told), *messages]
    content = f"{content_text(first)}\n\n{told}"
    return [msgspec.structs.replace(first, content=content), *messages[1:]]


def _question(before: str, messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    lines = [f"{_HEADING} {before}"] if before else []
    lines += [f"{_TELLERS[each.role]}: {content_text(each)}" for each in messages if each.content]
    return [ChatMessage(Role.SYSTEM, _TASK), ChatMessage(Role.USER, "\n".join(lines))]


def _keys(messages: Sequence[ChatMessage]) -> list[bytes]:
    """Return what stands for the first message, for the first two, and so on."""
    digest = hashlib.sha256()
    keys = []
    for message in messages:
        digest.update(msgspec.json.encode(message))
        keys.append(digest.digest())
    return keys
