"""Tools, and which of them may be called, are read from a request."""

from __future__ import annotations

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatMessage, ChatRequest, Json, Role
from bridge.wire.tools import check_calls, check_tools, named_tool, tool_wishes

DOOR: dict[str, Json] = {"type": "function", "function": {"name": "open_door"}}
SONG: dict[str, Json] = {"type": "function", "function": {"name": "sing", "parameters": {}}}
NAMED: Json = {"type": "function", "function": {"name": "sing"}}


def request(**fields: Json) -> ChatRequest:
    return ChatRequest(model="m", messages=[ChatMessage(Role.USER, "Hi")], **fields)  # type: ignore[arg-type]


def test_tools_may_be_called_unless_the_choice_says_otherwise() -> None:
    wishes = tool_wishes(request(tools=[DOOR, SONG]))
    assert wishes == {
        "tools": [DOOR, SONG],
        "must_call": False,
        "tool": None,
        "single_call": False,
    }
    assert tool_wishes(request(tools=[DOOR], tool_choice="none"))["tools"] == []
    assert tool_wishes(request(tools=[DOOR], tool_choice="required"))["must_call"]
    assert not tool_wishes(request())["must_call"]


def test_a_named_tool_is_called_once() -> None:
    wishes = tool_wishes(request(tools=[DOOR, SONG], tool_choice=NAMED))
    assert (wishes["tool"], wishes["must_call"], wishes["single_call"]) == ("sing", True, True)


def test_parallel_calls_can_be_forbidden() -> None:
    assert tool_wishes(request(tools=[DOOR], parallel_tool_calls=False))["single_call"]
    assert not tool_wishes(request(tools=[DOOR], parallel_tool_calls=True))["single_call"]


@pytest.mark.parametrize("choice", ["auto", {"function": 5}, {"function": {"name": 5}}, None])
def test_what_names_no_tool(choice: Json) -> None:
    assert named_tool(choice) is None


@pytest.mark.parametrize(
    ("tools", "choice", "code", "param"),
    [
        ([{"type": "function"}], None, ErrorCode.INVALID_REQUEST, "tools[0].function"),
        ([DOOR, {"type": "mcp"}], None, ErrorCode.UNSUPPORTED, "tools[1].type"),
        ([{"function": {}}], None, ErrorCode.INVALID_REQUEST, "tools[0].function.name"),
        (
            [{"function": {"name": "a b"}}],
            None,
            ErrorCode.INVALID_REQUEST,
            "tools[0].function.name",
        ),
        (
            [{"function": {"name": "a", "parameters": 5}}],
            None,
            ErrorCode.INVALID_REQUEST,
            "tools[0].function.parameters",
        ),
        ([DOOR, DOOR], None, ErrorCode.INVALID_REQUEST, "tools"),
        ([DOOR], "sometimes", ErrorCode.INVALID_REQUEST, "tool_choice"),
        ([DOOR], {"type": "function"}, ErrorCode.INVALID_REQUEST, "tool_choice"),
        ([DOOR], NAMED, ErrorCode.INVALID_REQUEST, "tool_choice"),
        ([], "required", ErrorCode.INVALID_REQUEST, "tool_choice"),
    ],
)
def test_tools_that_cannot_be_called_are_refused_by_name(
    tools: list[dict[str, Json]], choice: Json, code: ErrorCode, param: str
) -> None:
    with pytest.raises(HearsayError) as caught:
        check_tools(request(tools=tools, tool_choice=choice))
    assert (caught.value.code, caught.value.param) == (code, param)


@pytest.mark.parametrize("choice", [None, "none", "auto", "required", NAMED])
def test_choices_that_can_be_made(choice: Json) -> None:
    check_tools(request(tools=[DOOR, SONG], tool_choice=choice))


@pytest.mark.parametrize(
    ("call", "param"),
    [
        ({}, "m.tool_calls[0].function"),
        ({"function": {"arguments": "{}"}}, "m.tool_calls[0].function.name"),
        ({"function": {"name": "a", "arguments": {}}}, "m.tool_calls[0].function.arguments"),
    ],
)
def test_calls_of_the_history_have_openais_form(call: dict[str, Json], param: str) -> None:
    with pytest.raises(HearsayError) as caught:
        check_calls(ChatMessage(Role.ASSISTANT, tool_calls=[call]), "m")
    assert caught.value.param == param
    check_calls(ChatMessage(Role.USER, "Hi"), "m")
