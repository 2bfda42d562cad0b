"""Calls of tools as a grammar: what a model may write once it calls, or that it must call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bridge.chat.calls import Body, CallFormat
from bridge.errors import HearsayError
from bridge.grammar.lark import choice, json_rule, literal
from bridge.protocol import Json

Spell = Callable[[str], str]
"""Returns what matches a text that may have control tokens in it, as a part of a rule."""

_OBJECT: dict[str, Json] = {"type": "object"}
_VALUE_END = "\n</parameter>\n"


class CallGrammar:
    """
    Writes the grammars of one model's calls in llguidance's Lark; see `bridge.engine.constraint`.

    `spell` knows the model's control tokens. A tool's arguments are held to its schema. A schema
    that a reply cannot be held to is an error where the tool is `strict`; else the arguments are
    some JSON object.
    """

    def __init__(self, form: CallFormat, spell: Spell) -> None:
        self._form = form
        self._spell = spell

    @property
    def can_write(self) -> bool:
        """Whether calls of this format can be told in a grammar."""
        return self._form.body is not Body.GEMMA

    @property
    def can_wait(self) -> bool:
        """Whether it is seen in time that the model calls, so that its text can be free."""
        return self.can_write and bool(self._form.opening) and not self._form.bare

    def rest(self, tools: Sequence[Mapping[str, Json]]) -> str:
        """Return the grammar of what follows a call's opening; raises HearsayError."""
        prefix = self._form.prefix.removeprefix(self._form.opening)
        rules = self._calls(tools, prefix)
        return "\n".join([f'start: "\\n"? ({_any(tools)})', *rules])

    def whole(
        self, tools: Sequence[Mapping[str, Json]], *, single: bool, answer: str | None = None
    ) -> str:
        """
        Return the grammar of a reply that calls tools, or else has the form `answer`.

        Raises HearsayError.
        """
        form = self._form
        opening = self._spell(form.opening) + ' "\\n"?' if form.opening and not form.bare else ""
        prefix = form.prefix.removeprefix(form.opening) if opening else form.prefix
        once = single or form.more is not None or form.bare or form.one_call
        rules = self._calls(tools, prefix)
        call = f"{opening} ({_any(tools)})"
        calls = call if once else f'{call} ("\\n"? {call})*'
        start = f"({answer}) | calls" if answer is not None else '"\\n"? "\\n"? calls'
        return "\n".join([f"start: {start}", f"calls: {calls}", *rules])

    def _calls(self, tools: Sequence[Mapping[str, Json]], prefix: str) -> list[str]:
        rules: list[str] = []
        for number, tool in enumerate(tools):
            function = tool["function"]
            assert isinstance(function, Mapping)  # noqa: S101 - who sends it has looked
            head = self._spell(f"{prefix}{function['name']}{self._form.middle}")
            arguments, more = self._arguments(function, number)
            rules += [f"call_{number}: {head} {arguments} {self._end}", *more]
        return rules

    @property
    def _end(self) -> str:
        suffix, end = self._form.suffix, self._form.end
        if self._form.body is Body.JSON and end and suffix.endswith(end) and suffix != end:
            return f'{self._spell(suffix.removesuffix(end))} "\\n"? {self._spell(end)}'
        return self._spell(suffix) if suffix else ""

    def _arguments(self, function: Mapping[str, Json], number: int) -> tuple[str, list[str]]:
        parameters = function.get("parameters")
        schema = {**_OBJECT, **parameters} if isinstance(parameters, Mapping) else _OBJECT
        path = f"tools[{number}].function.parameters"
        try:
            if self._form.body is Body.TAGS:
                return _tagged(schema, f"value_{number}", path)
            return json_rule(schema, path), []
        except HearsayError:
            if function.get("strict"):
                raise
            if self._form.body is Body.TAGS:
                return _untold(f"value_{number}")
            return json_rule(_OBJECT), []


def _any(tools: Sequence[Mapping[str, Json]]) -> str:
    return " | ".join(f"call_{number}" for number in range(len(tools)))


def _untold(name: str) -> tuple[str, list[str]]:
    """Return the rule of any `<parameter=key>value</parameter>`s."""
    key = f"{name}_key: /<parameter=[^>\\n]{{1,64}}>\\n/"
    return f"({name}_key {name}_text)*", [key, _text_rule(name)]


def _text_rule(name: str) -> str:
    return f"{name}_text[lazy]: /(.|\\n)*\\n<\\/parameter>\\n/"


def _tagged(schema: Mapping[str, Json], name: str, path: str) -> tuple[str, list[str]]:
    """Return the rule of `<parameter=key>value</parameter>`s, in the schema's order."""
    properties = schema.get("properties")
    required = schema.get("required")
    wanted = required if isinstance(required, list) else []
    parts: list[str] = []
    for key, value in (properties if isinstance(properties, dict) else {}).items():
        head = literal(f"<parameter={key}>\n")
        part = f"{head} {_tagged_value(value, name, f'{path}.properties.{key}')}"
        parts.append(part if key in wanted else f"({part})?")
    return " ".join(parts), [_text_rule(name)]


def _tagged_value(schema: Json, name: str, path: str) -> str:
    if isinstance(schema, dict) and schema.get("type") == "string":
        listed = schema.get("enum")
        if isinstance(listed, list) and all(isinstance(each, str) and each for each in listed):
            return f"({choice(map(str, listed))}) {literal(_VALUE_END)}"
        return f"{name}_text"
    return f"{json_rule(schema, path)} {literal(_VALUE_END)}"
