"""Tell the model of the schema that its reply will have."""

from __future__ import annotations

import json
from collections.abc import Sequence

import msgspec

from bridge.grammar.forms import schema
from bridge.grammar.sketch import sketch
from bridge.protocol import (
    ChatMessage,
    ResponseFormat,
    Role,
    SchemaInjection,
    TextPart,
)


def inject(messages: Sequence[ChatMessage], form: ResponseFormat | None) -> list[ChatMessage]:
    """
    Return the messages with the schema told at the end of the last user's, where that is asked for.

    There and not in the system message: what is remembered of a conversation begins with that, and
    stays of use when the form changes.
    """
    told = list(messages)
    if form is None or form.json_schema is None:
        return told
    if form.json_schema.schema_injection is SchemaInjection.NONE:
        return told
    words = _words(form)
    users = [at for at, message in enumerate(told) if message.role is Role.USER]
    if users:
        told[users[-1]] = _with(told[users[-1]], words)
    else:
        told.append(ChatMessage(role=Role.USER, content=words))
    return told


def _words(form: ResponseFormat) -> str:
    told = form.json_schema
    assert told is not None  # noqa: S101 - who calls has looked
    name = f" {told.name}" if told.name else ""
    about = f" ({told.description})" if told.description else ""
    if told.schema_injection is SchemaInjection.FULL:
        body = json.dumps(told.schema, ensure_ascii=False)
        return f"Answer with JSON{name}{about} that is valid under this JSON Schema:\n{body}"
    return f"Answer with JSON{name}{about} of this shape:\n{sketch(schema(form))}"


def _with(message: ChatMessage, words: str) -> ChatMessage:
    content = message.content
    if isinstance(content, list):
        return msgspec.structs.replace(message, content=[*content, TextPart(text=f"\n\n{words}")])
    return msgspec.structs.replace(message, content=f"{content}\n\n{words}")
