"""From a rendered conversation to tokens: what a player typed never becomes a control token."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable
from typing import Protocol

import msgspec

from bridge.chat.template import ChatTemplate, content_text
from bridge.protocol import ChatMessage, Json

# Two of Unicode's noncharacters: no text may contain them, so they can carry our own marks.
_OPEN, _CLOSE = "\ufdd0", "\ufdd1"
_MARKED = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_REMEMBERED = 64


class Tokenizer(Protocol):
    """What a prompt needs of a model's vocabulary."""

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """Return the tokens of a text; see `bridge.engine.backend.Backend`."""


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
    ) -> None:
        self._template = template
        self._tokenizer = tokenizer
        self._start_text = start_text
        spelled = sorted(set(control_texts), key=len, reverse=True)
        self._controls = re.compile("|".join(map(re.escape, spelled))) if spelled else None
        self._known: OrderedDict[str, list[int]] = OrderedDict()

    def render(self, messages: Iterable[ChatMessage], extra: dict[str, Json]) -> str:
        """Return the conversation as text, with marks around what only looks like control."""
        return self._template.render([self._guard(message) for message in messages], extra)

    def read(self, rendered: str) -> list[int]:
        """Return the tokens of a rendered conversation."""
        known = max(
            (text for text in self._known if rendered.startswith(text)), key=len, default=""
        )
        if not known:
            return self._tokens(rendered, start=not self._starts(rendered))
        self._known.move_to_end(known)
        return self._known[known] + self._tokens(rendered[len(known) :], start=False)

    def remember(self, rendered: str, tokens: list[int]) -> None:
        """Keep the tokens of a conversation with its new reply; the oldest is forgotten."""
        self._known[rendered] = tokens
        self._known.move_to_end(rendered)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _starts(self, rendered: str) -> bool:
        return bool(self._start_text) and rendered.startswith(self._start_text)

    def _tokens(self, marked: str, *, start: bool) -> list[int]:
        tokens: list[int] = []
        for index, text in enumerate(_MARKED.split(marked)):
            if text or (start and not index):
                plain = index % 2 == 1
                tokens += self._tokenizer.tokenize(
                    text, special=not plain, start=start and not index
                )
        return tokens

    def _guard(self, message: ChatMessage) -> ChatMessage:
        content = self._marked(content_text(message)) if message.content is not None else None
        name = self._marked(message.name) if message.name is not None else None
        return msgspec.structs.replace(message, content=content, name=name)

    def _marked(self, text: str) -> str:
        text = text.replace(_OPEN, "\ufffd").replace(_CLOSE, "\ufffd")
        if self._controls:
            text = self._controls.sub(lambda found: f"{_OPEN}{found[0]}{_CLOSE}", text)
        return text
