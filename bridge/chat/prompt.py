"""From a rendered conversation to tokens: what a player typed never becomes a control token."""

from __future__ import annotations

import codecs
import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Protocol, cast

import msgspec

from bridge.chat.content import content_text
from bridge.chat.known import Known, KnownTexts
from bridge.chat.template import ChatTemplate
from bridge.protocol import ChatMessage, Json

# Two of Unicode's noncharacters: no text may contain them, so they can carry our own marks.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_UNCOUNTED = re.compile(f"[{_OPEN}{_CLOSE}\u2581\ufffd]")
"""What may be shorter in tokens than in text: marks, SentencePiece's space, what was no UTF-8."""

_MARKED = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")


class Tokenizer(Protocol):
    """What a prompt needs of a model's vocabulary."""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """Return the tokens of a text; see `bridge.engine.backend.Backend`."""

    def piece(self, token: int) -> bytes:
        """Return a token's text, perhaps half a code point; nothing for control tokens."""


class PromptReader:
    """
    Makes prompts for one model.

    The rendered conversation is tokenised whole, because cutting it moves token borders in some
    vocabularies. Only content that spells a control token is marked, cut out and tokenised as
    plain text. What the model itself wrote is remembered with its tokens, so that the next turn
    meets the KV cache exactly: the same text may be spelled with other tokens.
    """

    def __init__(
        self,
        template: ChatTemplate,
        tokenizer: Tokenizer,
        *,
        start_text: str = "",
        control_texts: Iterable[str] = (),
        longest_token: int | None = None,
    ) -> None:
        self._template = template
        self._tokenizer = tokenizer
        self._start_text = start_text
        spelled = sorted(set(control_texts), key=len, reverse=True)
        self._controls = re.compile("|".join(map(re.escape, spelled))) if spelled else None
        self._longest_token = longest_token
        self._known = KnownTexts()

    def render(
        self,
        messages: Iterable[ChatMessage],
        extra: dict[str, Json],
        tools: Sequence[Mapping[str, Json]] = (),
    ) -> str:
        """Return the conversation as text, with marks around what only looks like control."""
        guarded = [self._guard(message) for message in messages]
        rendered = self._template.render(guarded, extra, tools)
        if any(message.tool_calls for message in guarded):
            # A template that writes an object as Python does has escaped our marks.
            for mark in (_OPEN, _CLOSE):
                rendered = rendered.replace(f"\\u{ord(mark):04x}", mark)
        return rendered

    def read(self, rendered: str) -> list[int]:
        """Return the tokens of a rendered conversation, and remember them."""
        known, tokens = self._read(rendered)
        known.marks.add(len(rendered), len(tokens))
        self._known.put(Known(rendered, array("i", tokens), known.marks))
        return tokens

    def least(self, rendered: str) -> int:
        """
        Return how many tokens a rendered conversation is at the least, without reading it.

        No token is longer than the longest; spaces beside a control token may be part of it. It is
        0 where the vocabulary says nothing about that.
        """
        if self._longest_token is None:
            return 0
        text = _UNCOUNTED.sub("", "".join(rendered.split()))
        return -(-len(text.encode("utf-8")) // self._longest_token)

    def count(self, rendered: str) -> int:
        """Return how many tokens a rendered conversation is."""
        return len(self._read(rendered)[1])

    def _read(self, rendered: str) -> tuple[Known, list[int]]:
        known = self._known.beginning(rendered)
        tokens = known.tokens.tolist()
        if tokens:
            tokens += self._tokens(rendered[len(known.text) :], start=False, goes_on=True)
        else:
            tokens = self._tokens(rendered, start=not self._starts(rendered), goes_on=False)
        return known, tokens

    def remember(self, rendered: str, written: Sequence[int]) -> None:
        """
        Keep the tokens of a reply to a conversation that was read; the oldest is forgotten.

        `written` has no token that ended the reply: templates spell that one themselves. It is
        kept as far as it is text. A control token shows nowhere in what is sent back, so where it
        stood nobody can say: kept, it would stand in every prompt that shares the text before it.
        """
        known = self._known.get(rendered)
        if known is None:
            return  # Forgotten while it was answered.
        marks = known.marks.until(len(rendered))
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = []
        end = len(rendered)
        tokens = known.tokens[:]
        for token in written:
            piece = self._tokenizer.piece(token)
            if not piece:
                break
            tokens.append(token)
            text.append(decoder.decode(piece))
            end += len(text[-1])
            if not decoder.getstate()[0]:
                marks.add(end, len(tokens))
        self._known.put(Known(rendered + "".join(text), tokens, marks))

    def _starts(self, rendered: str) -> bool:
        return bool(self._start_text) and rendered.startswith(self._start_text)

    def _tokens(self, marked: str, *, start: bool, goes_on: bool) -> list[int]:
        tokens: list[int] = []
        for index, segment in enumerate(_MARKED.split(marked)):
            inside = self._adds_space and (goes_on or index > 0)
            text = segment.removeprefix(" ") if inside else segment
            if text or (start and not index):
                plain = index % 2 == 1
                tokens += self._tokenizer.tokenize(
                    text, special=not plain, start=start and not index
                )
        return tokens

    @cached_property
    def _adds_space(self) -> bool:
        """Whether the vocabulary puts a space before whatever it is given (SentencePiece does)."""
        first = self._tokenizer.tokenize("a", special=False, start=False)[:1]
        return any(self._tokenizer.piece(token).startswith(b" ") for token in first)

    def _guard(self, message: ChatMessage) -> ChatMessage:
        content = self._marked(content_text(message)) if message.content is not None else None
        name = self._marked(message.name) if message.name is not None else None
        thought = message.reasoning_content
        return msgspec.structs.replace(
            message,
            content=content,
            name=name,
            reasoning_content=self._marked(thought) if thought is not None else None,
            tool_calls=cast(
                "list[dict[str, Json]] | None", self._marked_within(message.tool_calls)
            ),
        )

    def _marked_within(self, value: Json) -> Json:
        """Mark every text of a JSON value, the names of its fields left out."""
        if isinstance(value, str):
            return self._marked(value)
        if isinstance(value, list):
            return [self._marked_within(each) for each in value]
        if isinstance(value, dict):
            return {key: self._marked_within(each) for key, each in value.items()}
        return value

    def _marked(self, text: str) -> str:
        text = text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
        if self._controls:
            text = self._controls.sub(lambda found: f"{_OPEN}{found[0]}{_CLOSE}", text)
        return text
