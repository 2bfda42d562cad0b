"""Jinja's immutable sandbox, as chat templates expect to find it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import NoReturn

from jinja2 import TemplateError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bridge.protocol import Json

Render = Callable[[dict[str, Json]], str]
"""Makes text of variables; raises TemplateError, and nothing else but HearsayError."""

Compile = Callable[[str], Render]
"""Makes a `Render` of a template's source; raises the same."""


def compile_template(source: str) -> Render:
    """
    Return what renders a template in this very process.

    The environment is the one Hugging Face's `apply_chat_template` documents: trim_blocks,
    lstrip_blocks, loop controls, `generation`, `raise_exception`, `strftime_now`, `tojson` without
    HTML escapes.
    The sandbox bounds neither time nor memory: `bridge.worker.templates` does.
    """
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols", _Generation],
    )
    environment.filters["tojson"] = _to_json
    environment.globals["raise_exception"] = _refuse
    environment.globals["strftime_now"] = _now
    try:
        template = environment.from_string(source)
    except Exception as error:  # A template is foreign code: whatever it raises is its own.
        raise TemplateError(_reason(error)) from error

    def render(variables: dict[str, Json]) -> str:
        try:
            text = template.render(variables)
        except Exception as error:  # As above.
            raise TemplateError(_reason(error)) from error
        return text.encode(errors="replace").decode()  # Half a surrogate pair is no text.

    return render


def _reason(error: Exception) -> str:
    return str(error)[:400] or type(error).__name__


class _Generation(Extension):
    """The tag around what a model wrote: it matters when one is trained, and writes nothing."""

    tags = {"generation"}  # noqa: RUF012 - Jinja's own declaration

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Return what stands between the tags."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def _to_json(
    value: Json,
    ensure_ascii: bool = False,
    indent: int | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    # The parameters stand in transformers' own order.
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
    )


def _refuse(reason: str) -> NoReturn:
    raise TemplateError(reason)


def _now(form: str) -> str:
    return datetime.now().astimezone().strftime(form)
