"""What tools in OpenAI's form offer."""

from __future__ import annotations

from bridge.chat.functions import Function, functions
from bridge.protocol import Json

TOOLS: list[dict[str, Json]] = [
    {"function": {"name": "a"}},
    {"function": {"name": "b", "parameters": {"x": 1}, "strict": True}},
]


def test_a_function_without_parameters_takes_any() -> None:
    assert functions(TOOLS) == [Function(0, "a", {}), Function(1, "b", {"x": 1}, strict=True)]


def test_the_only_one_keeps_its_place_in_the_request() -> None:
    [only] = functions(TOOLS, "b")
    assert only.path == "tools[1].function.parameters"
