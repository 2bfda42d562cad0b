"""What a request says of tools, and which of it is refused before a model sees it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ChatRequest, Json

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CHOICES = ("auto", "none", "required")


class ToolWishes(TypedDict):
    """The part of a worker's order that is about tools; see `bridge.worker.messages.Submit`."""

    tools: list[dict[str, Json]]
    must_call: bool
    tool: str | None
    single_call: bool


def tool_wishes(request: ChatRequest) -> ToolWishes:
    """Return what a checked request wants of tools; with the choice `none` there are none."""
    choice = request.tool_choice
    tools = [] if choice == "none" else request.tools or []
    name = named_tool(choice)
    return ToolWishes(
        tools=tools,
        must_call=bool(tools) and (choice == "required" or name is not None),
        tool=name,
        single_call=request.parallel_tool_calls is False or name is not None,
    )


def named_tool(choice: Json) -> str | None:
    """Return the tool that a choice names, if it names one."""
    if isinstance(choice, dict) and isinstance(function := choice.get("function"), dict):
        name = function.get("name")
        return name if isinstance(name, str) else None
    return None


def check_tools(request: ChatRequest) -> None:
    """Refuse tools that cannot be called, and choices among them: INVALID_REQUEST."""
    _check_choice(request.tool_choice, check_offered(request.tools))


def check_offered(tools: Sequence[dict[str, Json]] | None) -> set[str]:
    """Return the names of tools; refuse what cannot be called: INVALID_REQUEST."""
    names: set[str] = set()
    for index, tool in enumerate(tools or []):
        name = _check_tool(tool, f"tools[{index}]")
        if name in names:
            raise _invalid(f"Two tools are called {name!r}; give each its own name", "tools")
        names.add(name)
    return names


def check_calls(message: ChatMessage, path: str) -> None:
    """Refuse calls of an earlier reply that are not in OpenAI's form: INVALID_REQUEST."""
    for index, call in enumerate(message.tool_calls or []):
        where = f"{path}.tool_calls[{index}]"
        function = call.get("function")
        if not isinstance(function, dict):
            raise _invalid(f"Missing required field '{where}.function'", f"{where}.function")
        for key in ("name", "arguments"):
            if not isinstance(function.get(key), str):
                field = f"{where}.function.{key}"
                raise _invalid(f"Invalid '{field}': expected a string", field)


def _check_tool(tool: dict[str, Json], path: str) -> str:
    kind, function = tool.get("type", "function"), tool.get("function")
    if kind != "function":
        reason = f"Unsupported '{path}.type': only 'function' can be called"
        raise HearsayError(ErrorCode.UNSUPPORTED, reason, f"{path}.type")
    if not isinstance(function, dict):
        raise _invalid(f"Missing required field '{path}.function'", f"{path}.function")
    name = function.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        what = "expected up to 64 letters, digits, underscores and dashes"
        raise _invalid(f"Invalid '{path}.function.name': {what}", f"{path}.function.name")
    parameters = function.get("parameters")
    if parameters is not None and not isinstance(parameters, dict):
        where = f"{path}.function.parameters"
        raise _invalid(f"Invalid '{where}': expected a JSON schema", where)
    return name


def _check_choice(choice: Json, names: Sequence[str] | set[str]) -> None:
    if choice is None or choice in ("none", "auto"):
        return
    name = named_tool(choice)
    if choice != "required" and name is None:
        listed = ", ".join(map(repr, _CHOICES))
        what = f"expected one of {listed}, or an object that names a function"
        raise _invalid(f"Invalid 'tool_choice': {what}", "tool_choice")
    if not names:
        raise _invalid("Invalid 'tool_choice': there are no tools to choose from", "tool_choice")
    if name is not None and name not in names:
        raise _invalid(f"Invalid 'tool_choice': no tool is called {name[:64]!r}", "tool_choice")


def _invalid(message: str, param: str) -> HearsayError:
    return HearsayError(ErrorCode.INVALID_REQUEST, message, param)
