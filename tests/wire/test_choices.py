"""A word that a field cannot hold is answered with those that it can, wherever the field is."""

from __future__ import annotations

import json
from typing import Any

import msgpack
import pytest

from bridge.protocol import ChatRequest, ResponseFormat
from bridge.wire.choices import choices
from bridge.wire.frames import FrameError, JsonCodec, MsgpackCodec
from bridge.wire.openai import ChatCompletion

REQUEST = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}
FORM = {"type": "json_schema", "json_schema": {"schema": {}, "schema_injection": "long"}}


def refusals(fields: dict[str, Any]) -> list[str]:
    """What is said over each transport to a request with such fields."""
    request = {**REQUEST, **fields}
    order = {"type": "submit_chat", "job": "j", "request": request}
    said: list[str] = []
    for codec, frame in (
        (JsonCodec(), json.dumps(order).encode()),
        (MsgpackCodec(), msgpack.packb(order)),
    ):
        with pytest.raises(FrameError) as caught:
            codec.decode(frame, said.append)
        said.append(caught.value.message)
    dialect = ChatCompletion(1)
    assert not dialect.receive_data(json.dumps(request).encode())
    return [*said, dialect.data_to_send().decode()]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"context_policy": "oldest"}, "error, truncate_oldest, summarize"),
        ({"messages": [{"role": "bard"}]}, "system, developer, user, assistant, tool"),
        ({"response_format": FORM}, "none, concise, full"),
    ],
)
def test_the_words_are_told_over_every_transport(fields: dict[str, Any], words: str) -> None:
    for message in refusals(fields):
        assert f"expected one of {words}" in message


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({"type": "pace", "mode": "fast"}, "full, balanced, background, paused"),
        (
            {"type": "submit_chat", "job": "j", "request": REQUEST, "priority": "urgent"},
            "interactive, normal, background, speculative",
        ),
    ],
)
def test_the_words_of_other_messages_are_told(message: dict[str, Any], words: str) -> None:
    with pytest.raises(FrameError) as caught:
        JsonCodec().decode(json.dumps(message).encode(), print)
    assert caught.value.message.endswith(f"expected one of {words}")


def test_a_place_that_holds_no_words() -> None:
    assert choices(ChatRequest, "messages[0].content[0].text") == []
    assert choices(ChatRequest, "logit_bias[...]") == []
    assert choices(ResponseFormat, "nowhere.at_all") == []
