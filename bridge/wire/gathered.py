"""What has come of one choice, kept for an answer that is sent as a whole."""

from __future__ import annotations

from msgspec import UNSET

from bridge.protocol import (
    Choice,
    DeltaToolCall,
    FinishReason,
    FunctionCall,
    Logprobs,
    MessageToolCall,
    ReplyMessage,
    TokenLogprob,
)


class Gathered:
    """The text, thinking, calls and probabilities of a choice; `tells_logprobs`: asked for."""

    def __init__(self, *, tells_logprobs: bool) -> None:
        self.texts: list[str] = []
        self.thoughts: list[str] = []
        self.scores: list[TokenLogprob] = []
        self._tells_logprobs = tells_logprobs
        self._heads: list[tuple[str, str]] = []
        self._arguments: list[list[str]] = []

    def call(self, news: DeltaToolCall) -> None:
        """Take in what is new of a call."""
        if news.id is not UNSET and news.function.name is not UNSET:
            self._heads.append((news.id, news.function.name))
            self._arguments.append([])
        self._arguments[news.index].append(news.function.arguments)

    def choice(self, index: int, reason: FinishReason) -> Choice:
        """Return the choice as the answer has it."""
        calls = [
            MessageToolCall(id=call, function=FunctionCall(name, "".join(arguments)))
            for (call, name), arguments in zip(self._heads, self._arguments, strict=True)
        ]
        text = "".join(self.texts)
        message = ReplyMessage(
            content=None if calls and not text else text,
            reasoning_content="".join(self.thoughts) or UNSET,
            tool_calls=calls or UNSET,
        )
        logprobs = Logprobs(content=self.scores) if self._tells_logprobs else None
        return Choice(index=index, message=message, finish_reason=reason, logprobs=logprobs)
