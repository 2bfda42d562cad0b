"""Which splitter reads which model."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.chat.calls import CallFormat
from bridge.chat.harmony import HarmonySplitter
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
