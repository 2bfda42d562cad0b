"""The arguments of a call as a grammar, in whichever way a family writes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bridge.chat.calls import Body, CallFormat
from bridge.chat.gemma_grammar import GemmaGrammar
from bridge.chat.tag_grammar import TagGrammar, any_tags
from bridge.errors import HearsayError
from bridge.grammar.lark import json_rule
from bridge.protocol import Json

Spell = Callable[[str], str]
"""Returns what matches a text that may have control tokens in it, as a part of a rule."""

_OBJECT: dict[str, Json] = {"type": "object"}


def arguments_rule(
    function: Mapping[str, Json], number: int, form: CallFormat, spell: Spell
) -> tuple[str, list[str]]:
    """
    Return what stands for the arguments of a request's tool in a rule, and what this refers to.

    They are held to the tool's schema. One that they cannot be held to is an error where the tool
    is `strict`; else they are some object. Raises HearsayError.
    """
    parameters = function.get("parameters")
    schema = {**_OBJECT, **parameters} if isinstance(parameters, Mapping) else _OBJECT
    name, path = f"value_{number}", f"tools[{number}].function.parameters"
    try:
        return _held(schema, name, path, form, spell)
    except HearsayError:
        if function.get("strict"):
            raise
        if form.body is Body.TAGS:
            return any_tags(name)
        return _held(_OBJECT, name, path, form, spell)


def _held(
    schema: dict[str, Json], name: str, path: str, form: CallFormat, spell: Spell
) -> tuple[str, list[str]]:
    if form.body is Body.JSON:
        return json_rule(schema, path), []
    if form.body is Body.TAGS:
        tags = TagGrammar(schema, name=name, path=path)
        return tags.start, tags.rules
    quote = form.quote, spell(form.quote)
    gemma = GemmaGrammar(schema, name=name, path=path, quote=quote, end=form.end)
    return gemma.start, gemma.rules
