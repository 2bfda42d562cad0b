"""Conversations as templates take them that do not take everything OpenAI's form can say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import takewhile
from typing import cast

from msgspec.structs import replace

from bridge.chat.calls import HERMES
from bridge.chat.content import content_text
from bridge.protocol import ChatMessage, Json, Role

Adapt = Callable[[Sequence[ChatMessage]], list[ChatMessage]]
"""Returns a conversation that says the same in another way."""

SCENE = (Role.SYSTEM, Role.DEVELOPER)
"""Who sets the scene."""

INSTRUCTIONS = (
    "You can call these functions:\n{tools}\n"
    'To call one, write {opening}{{"name": "NAME", "arguments": {{ARGUMENTS}}}}{end} and stop.'
)
"""What a model is told whose template knows no tools."""


def adaptations(source: str) -> Iterator[Adapt]:
    """Yield in what ways to try a conversation on a template, the plainest first."""
    plain: Adapt = short_ids if "length != 9" in source else list
    yield plain

    def brief(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
        return one_text_beside_calls(plain(messages))

    yield brief
    yield lambda messages: without_system(brief(messages))
    yield lambda messages: alternating(brief(messages))
    yield lambda messages: alternating(without_system(brief(messages)))


def one_text_beside_calls(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Leave out what was thought where something was said and called: gpt-oss takes one text."""
    return [
        replace(message, reasoning_content=None)
        if message.tool_calls and content_text(message)
        else message
        for message in messages
    ]


def as_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Make system messages of what a developer says."""
    return [
        replace(message, role=Role.SYSTEM) if message.role in SCENE else message
        for message in messages
    ]


def one_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Make one system message of those that begin, and put later ones in a player's mouth."""
    first = list(takewhile(lambda message: message.role in SCENE, messages))
    rest = without_system(messages[len(first) :])
    told = _joined([content_text(message) for message in first])
    return [ChatMessage(Role.SYSTEM, told), *rest] if first else rest


def without_system(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Put what system messages say in front of the next message of a player."""
    adapted: list[ChatMessage] = []
    told: list[str] = []
    for message in messages:
        if message.role in SCENE:
            told.append(content_text(message))
        elif message.role is Role.USER and told:
            adapted.append(replace(message, content=_joined([*told, content_text(message)])))
            told = []
        else:
            adapted.append(message)
    return [*adapted, ChatMessage(Role.USER, _joined(told))] if told else adapted


def alternating(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Make one message of those that follow each other in one role; an assistant never begins."""
    adapted: list[ChatMessage] = []
    for message in messages:
        before = adapted[-1] if adapted else None
        if before and _joins(before, message):
            content = _joined([content_text(before), content_text(message)])
            adapted[-1] = replace(before, content=content)
        elif message.role is Role.ASSISTANT and (not before or before.role in SCENE):
            adapted += [ChatMessage(Role.USER, "(Begin.)"), message]
        else:
            adapted.append(message)
    return adapted


def without_tools(
    messages: Sequence[ChatMessage], tools: Sequence[Mapping[str, Json]]
) -> list[ChatMessage]:
    """Say in plain text what tools there are, what was called and what came of it."""
    adapted = [_told(message) for message in messages]
    if tools:
        listed = "\n".join(json.dumps(tool, ensure_ascii=False) for tool in tools)
        text = INSTRUCTIONS.format(tools=listed, opening=HERMES.opening, end=HERMES.end)
        if adapted and adapted[0].role in SCENE:
            text = _joined([content_text(adapted.pop(0)), text])
        adapted.insert(0, ChatMessage(Role.SYSTEM, text))
    return adapted


def described(tool: Mapping[str, Json]) -> dict[str, Json]:
    """Return a tool with all that templates expect of one, and OpenAI's form may leave out."""
    function = dict(cast(Mapping[str, Json], tool["function"]))
    function["description"] = function.get("description") or ""
    function["parameters"] = function.get("parameters") or {"type": "object", "properties": {}}
    return {**tool, "function": function}


def one_call_each(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """
    Tell calls that were made together one after another, each with its result.

    Results belong to the last calls before them: some clients count ids anew in every reply.
    """
    adapted: list[ChatMessage] = []
    results: dict[str | None, ChatMessage] = {}
    told: set[str | None] = set()
    for place, message in enumerate(messages):
        calls = message.tool_calls or []
        if calls:
            after = takewhile(lambda each: each.role is Role.TOOL, messages[place + 1 :])
            results, told = {each.tool_call_id: each for each in after}, set()
        if message.role is Role.TOOL and message.tool_call_id in told:
            continue
        if len(calls) < 2:
            adapted.append(message)
            continue
        for number, call in enumerate(calls):
            content = message.content if number == 0 else None
            adapted.append(replace(message, content=content, tool_calls=[call]))
            if result := results.pop(cast(str, call.get("id")), None):
                adapted.append(result)
                told.add(result.tool_call_id)
    return adapted


def short_ids(messages: Sequence[ChatMessage]) -> list[ChatMessage]:
    """Give calls ids of nine letters and digits, which Mistral's templates insist on."""
    return [
        replace(
            message,
            tool_calls=message.tool_calls
            and [{**call, "id": short_id(str(call.get("id", "")))} for call in message.tool_calls],
            tool_call_id=message.tool_call_id and short_id(message.tool_call_id),
        )
        for message in messages
    ]


def short_id(name: str) -> str:
    """Return nine letters and digits that stand for an id, always the same."""
    if len(name) == 9 and name.isascii() and name.isalnum():
        return name
    return hashlib.blake2b(name.encode(), digest_size=5).hexdigest()[:9]


def _joined(texts: Sequence[str]) -> str:
    return "\n\n".join(filter(None, texts))


def _joins(before: ChatMessage, message: ChatMessage) -> bool:
    plain = not (before.tool_calls or message.tool_calls)
    return before.role is message.role and message.role is not Role.TOOL and plain


def _told(message: ChatMessage) -> ChatMessage:
    if message.role is Role.TOOL:
        said = f"<tool_response>{content_text(message)}</tool_response>"
        return ChatMessage(Role.USER, said)
    if not message.tool_calls:
        return message
    calls = [
        _written(cast(Mapping[str, Json], call.get("function"))) for call in message.tool_calls
    ]
    return replace(message, content=_joined([content_text(message), *calls]), tool_calls=None)


def _written(function: Mapping[str, Json]) -> str:
    return f"{HERMES.prefix}{function['name']}{HERMES.middle}{function['arguments']}{HERMES.suffix}"
