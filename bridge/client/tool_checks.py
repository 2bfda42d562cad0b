"""What is probably a slip in the functions that answer a request's tools: names and arguments."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping, Sequence

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import Json

Tools = Mapping[str, Callable[..., object]]
"""Functions by the names of their tools; they are given the arguments by name."""

_NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def check_functions(tools: object) -> None:
    """Refuse what are no functions by name: HearsayError(INVALID_REQUEST)."""
    if not isinstance(tools, Mapping):
        given = "Invalid 'tools': give functions by the names of their tools, such as"
        message = f"{given} {{'open_door': open_door}}; descriptions are part of the request"
        raise HearsayError(ErrorCode.INVALID_REQUEST, message, "tools")
    for name, function in tools.items():
        if not callable(function):
            message = f"Invalid 'tools': what is given for {name!r} is no function"
            raise HearsayError(ErrorCode.INVALID_REQUEST, message, "tools")


def tool_slips(tools: Tools, offered: Sequence[Mapping[str, Json]]) -> list[str]:
    """Return what does not fit between functions and the tools of a request, in sentences."""
    schemas = dict(map(_described, offered))
    found = [_nobody_calls(name, schemas) for name in tools if name not in schemas]
    for name, parameters in schemas.items():
        if name in tools:
            found += _misfits(name, tools[name], parameters)
        else:
            found.append(f"the model may call {name!r}, and there is no function for it")
    return found


def _described(tool: Mapping[str, Json]) -> tuple[str, Mapping[str, Json]]:
    function = tool.get("function")
    described = function if isinstance(function, dict) else {}
    parameters = described.get("parameters")
    return str(described.get("name")), parameters if isinstance(parameters, dict) else {}


def _nobody_calls(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, 1, 0.7)
    meant = f" (did you mean {near[0]!r}?)" if near else ""
    return f"there is a function for {name!r}, and the request has no such tool{meant}"


def _misfits(
    name: str, function: Callable[..., object], parameters: Mapping[str, Json]
) -> list[str]:
    """Return where a function's parameters are not those that the model is told of."""
    try:
        taken = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):  # Some that are written in C do not say.
        return []
    properties = parameters.get("properties")
    told = list(properties) if isinstance(properties, dict) else []
    named = [each.name for each in taken if each.kind in _NAMED]
    needed = [each.name for each in taken if each.kind in _NAMED and each.default is each.empty]
    takes_any = any(each.kind is each.VAR_KEYWORD for each in taken)
    unheard = [each for each in told if each not in named and not takes_any]
    missing = [each for each in needed if each not in told]
    return [
        f"{name!r} may be called with {each!r}, which its function lacks" for each in unheard
    ] + [
        f"the function for {name!r} needs {each!r}, which its tool does not have"
        for each in missing
    ]
