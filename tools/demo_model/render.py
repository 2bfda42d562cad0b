"""Write a dialogue as the chat template does, and say which parts the model should learn."""

from __future__ import annotations

import json
from dataclasses import dataclass

from tools.demo_model.corpus.dialogue import Dialogue, Message, Tool, ToolCall
from tools.demo_model.specials import (
    ASSISTANT,
    BEGIN,
    END,
    REASON,
    THINK,
    THINK_END,
    TOOL_CALL,
    TOOL_CALL_END,
    TOOLS,
)


@dataclass(frozen=True)
class Part:
    """
    A stretch of text; `learned` is true where the model itself has to write it.

    `copied` are words in it that matter most: facts, names of tools, arguments.
    """

    text: str
    learned: bool
    copied: tuple[str, ...] = ()


def call_text(call: ToolCall) -> str:
    """Return a tool call as the model writes it."""
    arguments = json.dumps(dict(call.arguments))
    return f'{TOOL_CALL}{{"name": "{call.name}", "arguments": {arguments}}}{TOOL_CALL_END}'


def tool_line(tool: Tool) -> str:
    """
    Return a tool as the template lists it: what it does, then its name.

    A model that reads from left to right knows at a name only what stood before it. Asked for a
    tool by its use, it finds the name that follows that use; a name that came first could only
    be found by way of the words behind it.
    """
    return f"{tool.description} {tool.name}({', '.join(tool.parameters)})"


def parts(dialogue: Dialogue) -> list[Part]:
    """Return the whole dialogue; joined, the texts are what the template renders."""
    found = [Part(BEGIN, False)]
    if dialogue.tools:
        listed = "\n".join(tool_line(tool) for tool in dialogue.tools)
        found.append(Part(TOOLS + listed + END, False))
    last = max(
        index for index, message in enumerate(dialogue.messages) if message.role == "assistant"
    )
    for index, message in enumerate(dialogue.messages):
        found += _message(message, dialogue.thought if index == last else None)
    return found


def prompt(dialogue: Dialogue) -> str:
    """Return the text before the last message, ready for the model to go on."""
    before = Dialogue(dialogue.messages[:-1], dialogue.tools)
    found = BEGIN
    if before.tools:
        found += TOOLS + "\n".join(tool_line(tool) for tool in before.tools) + END
    for message in before.messages:
        found += "".join(part.text for part in _message(message, None))
    return found + ASSISTANT + (REASON if dialogue.thought is not None else "")


def forced(dialogue: Dialogue) -> str:
    """Return how the last message begins if a constraint, not the model, writes its beginning."""
    last = dialogue.messages[-1]
    return last.content[: last.forced]


def _message(message: Message, thought: str | None) -> list[Part]:
    if message.role != "assistant":
        return [Part(f"<|{message.role}|>{message.content}{END}", False)]
    content = message.content + (call_text(message.call) if message.call else "")
    start = ASSISTANT
    if thought is not None:
        start += REASON
        content = THINK + thought + THINK_END + content
    forced = message.forced
    written = Part(content[forced:] + END, True, _copied(message))
    return [Part(start + content[:forced], False), written]


def _copied(message: Message) -> tuple[str, ...]:
    if message.call is not None:
        return (message.call.name, *(str(value) for _, value in message.call.arguments))
    return message.expect.words if message.expect else ()
