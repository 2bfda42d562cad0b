"""The arguments of a call as a grammar, in whichever way a family writes them."""

from __future__ import annotations

from collections.abc import Callable

from bridge.chat.calls import Body, CallFormat
from bridge.chat.functions import Function
from bridge.chat.gemma_grammar import GemmaGrammar
from bridge.chat.tag_grammar import TagGrammar, any_tags
from bridge.errors import HearsayError
from bridge.grammar.lark import json_rule
from bridge.protocol import Json

Spell = Callable[[str], str]
"""Returns what matches a text that may have control tokens in it, as a part of a rule."""

_OBJECT: dict[str, Json] = {"type": "object"}


def arguments_rule(function: Function, form: CallFormat, spell: Spell) -> tuple[str, list[str]]:
    """
    Return what stands for the arguments of a function in a rule, and what this refers to.

    They are held to its schema if it is `held`. One that cannot be written as a grammar is an
    error where the function is `strict`; else they are some object. Raises HearsayError.
    """
    if function.held:
        try:
            return _rule({**_OBJECT, **function.parameters}, function, form, spell)
        except HearsayError:
            if function.strict:
                raise
    if form.body is Body.TAGS:
        return any_tags(_name(function))
    return _rule(_OBJECT, function, form, spell)


def _name(function: Function) -> str:
    return f"value_{function.number}"


def _rule(
    schema: dict[str, Json], function: Function, form: CallFormat, spell: Spell
) -> tuple[str, list[str]]:
    name, path = _name(function), function.path
    if form.body is Body.JSON:
        return json_rule(schema, path), []
    if form.body is Body.TAGS:
        tags = TagGrammar(schema, name=name, path=path)
        return tags.start, tags.rules
    quote = form.quote, spell(form.quote)
    gemma = GemmaGrammar(schema, name=name, path=path, quote=quote, end=form.end)
    return gemma.start, gemma.rules
