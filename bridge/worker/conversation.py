"""A conversation as a worker reads it: rendered, made to fit the context, turned into tokens."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, takewhile
from typing import Protocol

from bridge.chat.content import content_text
from bridge.chat.fitting import Fitted, fit, old_turns, without
from bridge.chat.prompt import PromptReader
from bridge.chat.summaries import SUMMARY_TOKENS, Summaries, with_summary
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ContextPolicy

REPLY_TOKENS = 512
"""Room that is kept for a reply whose limit the request does not say."""

MESSAGE_TOKENS = 8
"""About what a message costs beside its text: its role, and where it begins and ends."""

Render = Callable[[Sequence[ChatMessage]], str]


class TooLong(Protocol):
    """Makes a refusal; see `bridge.engine.engine.too_long`."""

    def __call__(self, size: str, *, shortened: bool) -> HearsayError:
        """Return the refusal of a conversation of so many tokens ("9000")."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt, as text and as tokens, and how many messages it leaves out and tells in short."""

    rendered: str
    tokens: list[int]
    dropped: int = 0
    summarized: int = 0


class Reader:
    """
    Reads conversations for one model whose context holds `context` tokens.

    `summaries` is asked for what was left out, and told what wants to be told in short. `too_long`
    makes the refusal of a conversation, see `bridge.engine.engine.too_long`.
    """

    def __init__(
        self,
        prompts: PromptReader,
        context: int,
        summaries: Summaries,
        too_long: TooLong,
    ) -> None:
        self._too_long = too_long
        self._prompts = prompts
        self._context = context
        self._summaries = summaries

    def read(
        self,
        messages: Sequence[ChatMessage],
        render: Render,
        policy: ContextPolicy,
        max_tokens: int | None,
    ) -> Reading:
        """
        Return a conversation's prompt, shortened as its policy says if there is no room for it.

        Without a policy one that does not fit is returned as it is: the engine refuses it, with
        numbers. Raises HearsayError as `render` does, and for one that cannot be made to fit; also
        for one whose length alone says so: to read megabytes takes seconds, in which nobody else
        gets a token.
        """
        if policy is ContextPolicy.ERROR:
            return self._reading(render(messages))
        try:
            reading = self._shortened(messages, render, policy, max_tokens)
        except HearsayError as error:
            if error.code is not ErrorCode.CONTEXT_EXCEEDED:
                raise
        else:
            if len(reading.tokens) < self._context:
                return reading
        raise self._too_long(self._size(messages, render), shortened=True)

    def _shortened(
        self,
        messages: Sequence[ChatMessage],
        render: Render,
        policy: ContextPolicy,
        max_tokens: int | None,
    ) -> Reading:
        room = self._context - min(max_tokens or REPLY_TOKENS, self._context // 2)
        if policy is ContextPolicy.SUMMARIZE:
            return self._summarized(messages, render, room - SUMMARY_TOKENS)
        fitted = self._fit(messages, render, room)
        return self._reading(render(fitted.messages), len(fitted.dropped))

    def _size(self, messages: Sequence[ChatMessage], render: Render) -> str:
        """Return how large a conversation is at its shortest, in words."""
        rendered = render(without(messages, old_turns(messages)))
        least = self._least(rendered)
        return f"at least {least}" if least >= self._context else f"{self._prompts.count(rendered)}"

    def _summarized(self, messages: Sequence[ChatMessage], render: Render, room: int) -> Reading:
        fitted = self._fit(messages, render, room)
        # Looked for ahead of time: when the room has run out, the summary should be there.
        soon = fitted.dropped or self._fit(messages, render, room * 3 // 4).dropped
        if soon:
            self._summaries.wish(self._portion(soon))
        text, count = self._summaries.find(fitted.dropped)
        kept = with_summary(fitted.messages, text) if text else fitted.messages
        return self._reading(render(kept), len(fitted.dropped), count)

    def _portion(self, dropped: Sequence[ChatMessage]) -> Sequence[ChatMessage]:
        """Return as many of the first messages as a summary can take in beyond the one there is."""
        _, known = self._summaries.find(dropped)
        weights = accumulate(self._weigh(message) for message in dropped[known:])
        # One by one: to weigh megabytes takes seconds, and most of it would not be asked for.
        most = sum(1 for _ in takewhile(lambda weight: weight <= self._context // 2, weights))
        return dropped[: known + max(most, 1)]

    def _weigh(self, message: ChatMessage) -> int:
        text = content_text(message)
        least = self._least(text)
        return MESSAGE_TOKENS + (least if least > self._context else self._prompts.count(text))

    def _reading(self, rendered: str, dropped: int = 0, summarized: int = 0) -> Reading:
        if (least := self._least(rendered)) >= self._context:
            raise self._too_long(f"at least {least}", shortened=False)
        return Reading(rendered, self._prompts.read(rendered), dropped, summarized)

    def _least(self, rendered: str) -> int:
        # A token is seldom shorter than a character: what has fewer of these need not be measured.
        return self._prompts.least(rendered) if len(rendered) >= self._context else 0

    def _fit(self, messages: Sequence[ChatMessage], render: Render, room: int) -> Fitted:
        kept = without(messages, old_turns(messages))
        if self._least(render(kept)) > room:
            return Fitted(list(messages), [])
        gone = old_turns(messages)[: self._surely_gone(messages, render, room)]
        fitted = fit(
            without(messages, gone),
            count=lambda some: self._prompts.count(render(some)),
            weigh=self._weigh,
            room=room,
            block=self._context // 4,
        )
        if fitted is None:
            return Fitted(list(messages), [])
        before = [messages[index] for turn in gone for index in turn]
        return Fitted(fitted.messages, before + fitted.dropped)

    def _surely_gone(self, messages: Sequence[ChatMessage], render: Render, room: int) -> int:
        """
        Return how many of the oldest turns cannot stay, as their bytes alone say.

        Beside a turn that is itself too long they are counted by the context, so that a
        conversation that goes on seldom drops more, and the KV cache fits what is left.
        """
        turns = old_turns(messages)
        weights = [
            sum(self._prompts.least(content_text(messages[index])) for index in turn)
            for turn in turns
        ]
        beyond = (sum(weights) - room) // self._context * self._context
        large = [number for number, weight in enumerate(weights, 1) if weight > room]
        count = max([bisect_right(list(accumulate(weights)), beyond), *large])
        # A template may leave out much of what was said: only what it has written is sure.
        if count and self._least(render(without(messages, turns[: count - 1]))) > room:
            return count
        return 0
