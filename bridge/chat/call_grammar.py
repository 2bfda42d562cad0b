"""Calls of tools as a grammar: what a model may write once it calls, or that it must call."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.chat.call_arguments import Spell, arguments_rule
from bridge.chat.calls import Body, CallFormat
from bridge.chat.functions import Function
from bridge.grammar.lark import escaped, regex

_BLANK = r"[\s\x1c-\x1f]"
"""What Python takes for white space where it reads a call."""

_IDENTITY = "/[A-Za-z0-9]{9}/"

_SPACE = r"[ \t\r\n]{0,4}"


class CallGrammar:
    """
    Writes the grammars of one model's calls in llguidance's Lark; see `bridge.engine.constraint`.

    `spell` knows the model's control tokens; `thought` is the tag that begins its thinking, if it
    has one. Arguments are held to their schema, see `bridge.chat.call_arguments`.
    """

    def __init__(self, form: CallFormat, spell: Spell, thought: str = "") -> None:
        self._form = form
        self._spell = spell
        self._thought = thought

    def waiting(self, tools: Sequence[Function], *, single: bool) -> str:
        """
        Return the grammar of what begins as a call may begin: a call, or text that is none.

        Raises HearsayError.
        """
        form = self._form
        beginnings = [escaped(form.opening)]
        thought = ""
        if form.bare:
            beginnings.append(_bare_head(tools))
            thought = f" | {self._spell(self._thought)}" if self._thought else ""
        free = f"/(?s:.+)/ & ~/(?s:(?:{'|'.join(beginnings)}).*)/"
        start = f"start: | calls | FREE{thought}"
        return "\n".join(
            [start, f"FREE: {free}", *self._calls(tools, single=single, bare=form.bare)]
        )

    def whole(self, tools: Sequence[Function], *, single: bool, answer: str | None = None) -> str:
        """
        Return the grammar of a reply that calls tools, or else has the form `answer`.

        Raises HearsayError.
        """
        form = self._form
        once = single or form.again or form.bare or form.one_call
        rules = self._calls(tools, single=single, bare=False)
        calls = "calls" if once else 'calls ("\\n"? calls)*'
        start = f"({answer}) | {calls}" if answer is not None else f'"\\n"? "\\n"? {calls}'
        return "\n".join([f"start: {start}", *rules])

    def alone(self, tool: Function) -> str:
        """
        Return the grammar of one tool's arguments alone: its fault is no other tool's.

        Raises HearsayError.
        """
        arguments, others = arguments_rule(tool, self._form, self._spell)
        return "\n".join([f"start: {arguments}", *others])

    def _calls(self, tools: Sequence[Function], *, single: bool, bare: bool) -> list[str]:
        """Return the rule `calls` and what it refers to; `bare`: in the model's own words."""
        form = self._form
        opening = self._spell(form.opening)
        if form.bare:
            opening = f"({opening})?" if bare else ""
        elif opening:
            opening += r" /[ \n]/?"
        more = f"({_any('next', tools)})*" if form.again and not single else ""
        rules = [f"calls: {opening} ({_any('call', tools)}) {more} {self._spell(form.close)}"]
        for tool in tools:
            number = tool.number
            head = _head(tool.name) if bare else self._spelled(form.prefix, tool.name)
            arguments, others = arguments_rule(tool, form, self._spell)
            rules += [f"args_{number}: {arguments}", *others]
            rules.append(f"call_{number}: {head} args_{number} {self._end}")
            if more:
                again = self._spelled(form.again, tool.name)
                rules.append(f"next_{number}: {again} args_{number} {self._end}")
        return rules

    def _spelled(self, prefix: str, name: str) -> str:
        form = self._form
        prefix = prefix if form.bare else prefix.removeprefix(form.opening)
        if not form.identity:
            return self._spell(f"{prefix}{name}{form.middle}")
        begin = self._spell(f"{prefix}{name}{form.identity}")
        return f"{begin} {_IDENTITY} {self._spell(form.middle)}"

    @property
    def _end(self) -> str:
        suffix, end = self._form.suffix, self._form.end
        if self._form.body is Body.JSON and end and suffix.endswith(end) and suffix != end:
            return f'{self._spell(suffix.removesuffix(end))} "\\n"? {self._spell(end)}'
        return self._spell(suffix)


def _any(rule: str, tools: Sequence[Function]) -> str:
    return " | ".join(f"{rule}_{tool.number}" for tool in tools)


def _bare_head(tools: Sequence[Function]) -> str:
    """Return what begins a reply that is read as a call of one of the tools, however spaced."""
    names = "|".join(escaped(tool.name) for tool in tools)
    blank = f"{_BLANK}*"
    kind = f'"type"{blank}:{blank}"function"{blank},{blank}'
    return f'[\\s\\x1c-\\x1f;]*\\{{{blank}(?:{kind})?"name"{blank}:{blank}"(?:{names})"'


def _head(name: str) -> str:
    """Return the terminal of a bare call up to its arguments: one, as free text begins so too."""
    kind = f'"type"{_SPACE}:{_SPACE}"function"{_SPACE},{_SPACE}'
    told = f'"name"{_SPACE}:{_SPACE}"{escaped(name)}"{_SPACE},{_SPACE}'
    return regex(
        f'[ \\t\\r\\n;]*\\{{{_SPACE}(?:{kind})?{told}"(?:arguments|parameters)"{_SPACE}:{_SPACE}'
    )
