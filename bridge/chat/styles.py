"""Which splitter reads which model, and which grammar holds its calls."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.chat.call_arguments import Spell
from bridge.chat.call_grammar import CallGrammar
from bridge.chat.calls import CallFormat
from bridge.chat.harmony import HarmonySplitter
from bridge.chat.harmony_grammar import HarmonyGrammar
from bridge.chat.splitter import Splitter, Tools
from bridge.chat.thinking import HARMONY, ThinkStyle


def splitter_for(
    *,
    style: ThinkStyle | None,
    opened: bool,
    form: CallFormat | None,
    tools: Tools,
    stops: Sequence[str],
    single: bool,
) -> Splitter:
    """Return what tells the replies of a model of this style and format apart."""
    kind = HarmonySplitter if style is HARMONY else Splitter
    return kind(style=style, opened=opened, form=form, tools=tools, stops=stops, single=single)


def grammar_for(form: CallFormat, spell: Spell, style: ThinkStyle | None) -> CallGrammar:
    """Return what writes the grammars of a model's calls."""
    kind = HarmonyGrammar if style is HARMONY else CallGrammar
    return kind(form, spell, style.opening if style else "")
