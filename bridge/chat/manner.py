"""How one model thinks and calls tools, and what reads its replies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bridge.chat.calls import HERMES
from bridge.chat.flow import ReplyFlow
from bridge.chat.prompt import Tokenizer
from bridge.chat.splitter import Tools
from bridge.chat.styles import grammar_for, splitter_for
from bridge.chat.template import ChatTemplate
from bridge.chat.thinking import is_open, think_style
from bridge.grammar.lark import control, literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """
    What one reply is to be.

    `tools` may be called, only one of them if `single`. `budget` is in tokens of thinking.
    `must_think`: begin the thinking if the prompt has not; a constraint would forbid the model to
    do it. `waits`: the constraint is about calls alone.
    """

    tools: Tools = field(default_factory=dict)
    stops: Sequence[str] = ()
    single: bool = False
    budget: int | None = None
    must_think: bool = False
    waits: bool = False


class Manner:
    """
    One model's style of thinking and format of calls, told by its template and vocabulary.

    `control_texts` are the spellings of its control tokens.
    """

    def __init__(
        self, template: ChatTemplate, tokenizer: Tokenizer, control_texts: Iterable[str] = ()
    ) -> None:
        controls = tuple(control_texts)
        self.style = think_style(template.source, controls)
        self.form = template.form or HERMES
        self._tokenizer = tokenizer
        self._closing_text = self.style.closing_in(template.source) if self.style else ""
        self._closing = self._tokens(self._closing_text)
        self._opening = self._tokens(self.style.opening) if self.style else []
        tags = " ".join(self._tags())
        self._spellings = dict(self._spelled(text) for text in controls if text in tags)
        names = sorted((name.decode() for name in self._spellings.values()), key=len, reverse=True)
        self._controls = re.compile(f"({'|'.join(map(re.escape, names))})") if names else None
        self.calls = grammar_for(self.form, self.spell, self.style)

    def prompt(self, rendered: str, *, thinks: bool | None) -> str:
        """Return a rendered prompt with its thinking ended where none is wanted."""
        if thinks is False and self.style and is_open(self.style, rendered):
            return rendered.rstrip() + self._closing_text
        return rendered

    def flow(self, rendered: str, wish: Wish) -> ReplyFlow:
        """Return what reads a reply to a rendered prompt."""
        opened = self.style is not None and is_open(self.style, rendered)
        splitter = splitter_for(
            style=self.style,
            opened=opened,
            form=self.form,
            tools=wish.tools,
            stops=wish.stops,
            single=wish.single,
        )
        headed = bool(wish.tools) and not self.form.opening and not wish.waits
        return ReplyFlow(
            splitter,
            spellings=self._spellings,
            budget=wish.budget,
            opening=self._opening if wish.must_think and not opened else (),
            # What comes then is the grammar's to say, header and all.
            closing=self._tokens(self.style.end) if headed and self.style else self._closing,
            waits=wish.waits,
        )

    def spell(self, text: str) -> str:
        """Return what matches a text in a grammar, the control tokens in it by their numbers."""
        if not text:
            return ""
        parts = self._controls.split(text) if self._controls else [text]
        spelled = {name.decode(): token for token, name in self._spellings.items()}
        return " ".join(
            control(spelled[part]) if part in spelled else literal(part) for part in parts if part
        )

    def _tags(self) -> list[str]:
        form = self.form
        found = [form.opening, form.end, form.prefix, form.middle, form.suffix, form.quote]
        found.append(form.head.pattern.replace("\\", ""))
        if self.style:
            found += [self.style.opening, self.style.end, self.style.closing, *self.style.wraps]
        return found

    def _tokens(self, text: str) -> list[int]:
        return self._tokenizer.tokenize(text, special=True, start=False) if text else []

    def _spelled(self, text: str) -> tuple[int, bytes]:
        return self._tokens(text)[-1], text.encode()
