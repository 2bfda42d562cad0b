"""Requests that are nearly right: whatever stands where, they are read or refused in a sentence."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ErrorCode, HearsayError
from bridge.wire.chat_request import read_chat_request
from bridge.wire.frames import Codec, FrameError, JsonCodec

CALL = {"id": "c1", "type": "function", "function": {"name": "open_door", "arguments": "{}"}}
WHOLE: dict[str, Any] = {
    "model": "hearsay/tavern",
    "messages": [
        {"role": "system", "content": "You are Boris."},
        {"role": "user", "content": [{"type": "text", "text": "Hi"}], "name": "Ann"},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "content": "It is open.", "tool_call_id": "c1"},
        {"role": "user", "content": "And now?"},
    ],
    "temperature": 0.5, "top_p": 0.9, "seed": 3, "n": 2, "max_tokens": 10, "stop": ["a", "b"],
    "stream": True, "stream_options": {"include_usage": True}, "logit_bias": {"5": -1.5},
    "logprobs": True, "top_logprobs": 2, "response_format": {"type": "text"}, "user": "u",
    "tools": [{"type": "function", "function": {
        "name": "open_door", "description": "Opens it", "strict": True,
        "parameters": {"type": "object", "properties": {"key": {"type": "string"}}},
    }}],
    "tool_choice": {"type": "function", "function": {"name": "open_door"}},
    "parallel_tool_calls": False, "chat_template_kwargs": {"a": [1]}, "metadata": {"a": "b"},
}  # fmt: skip

WORDS = st.sampled_from(["text", "function", "json_schema", "image_url", "tool"])
NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(max_size=8) | WORDS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to everything in a document but to the document itself."""
    if isinstance(value, dict | list):
        items = list(value.items() if isinstance(value, dict) else enumerate(value))
        below = [place for key, item in items for place in places(item, (*path, key))]
        return [*([path] if path else []), *below]
    return [path]


PLACES = places(WHOLE)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    document = copy.deepcopy(WHOLE)
    for _ in range(draw(st.integers(1, 3))):
        holder: Any = document
        *way, last = draw(st.sampled_from(PLACES))
        try:
            for step in way:
                holder = holder[step]
            if draw(st.booleans()):
                holder[last] = draw(JSON)
            else:
                del holder[last]
        except (KeyError, IndexError, TypeError):
            continue  # An earlier change has taken the place away.
    return document


@settings(max_examples=600, deadline=None)
@given(requests())
def test_a_nearly_right_request_is_read_or_refused_and_never_our_fault(
    document: dict[str, Any],
) -> None:
    try:
        read_chat_request(json.dumps(document).encode())
    except HearsayError as error:
        assert error.code in {ErrorCode.INVALID_REQUEST, ErrorCode.UNSUPPORTED}  # noqa: PT017
        assert error.message  # noqa: PT017


@settings(max_examples=200, deadline=None)
@given(requests())
def test_a_nearly_right_frame_is_read_or_refused_and_never_our_fault(
    document: dict[str, Any],
) -> None:
    codec: Codec = JsonCodec()
    try:
        codec.decode(json.dumps({"type": "submit_chat", "job": "j", "request": document}).encode())
    except FrameError as error:
        assert error.code in {ErrorCode.INVALID_REQUEST, ErrorCode.UNSUPPORTED}  # noqa: PT017


@pytest.mark.parametrize("kind", [{}, [], 1, None, True])
def test_a_parts_type_may_be_anything_and_is_refused(kind: object) -> None:
    part = {"type": kind, "text": "Hi"}
    body = {"model": "m", "messages": [{"role": "user", "content": [part]}]}
    with pytest.raises(HearsayError, match=r"content\[0\].type"):
        read_chat_request(json.dumps(body).encode())
