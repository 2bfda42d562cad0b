"""A chat completion request is read, or refused with the field that is wrong."""

from __future__ import annotations

import json

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import ChatRequest, Role, TextPart
from bridge.wire.chat_request import max_tokens, read_chat_request, stops, template_kwargs

HELLO = [{"role": "user", "content": "Hello"}]
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def read(**fields: object) -> ChatRequest:
    return warned(**fields)[0]


def warned(**fields: object) -> tuple[ChatRequest, dict[str, str]]:
    document = {"model": "m", "messages": HELLO, **fields}
    return read_chat_request(json.dumps(document).encode())


def refused(**fields: object) -> HearsayError:
    with pytest.raises(HearsayError) as caught:
        read(**fields)
    return caught.value


def test_the_defaults_are_the_specifications() -> None:
    request = read()
    assert request.temperature == 1.0
    assert not request.stream
    assert max_tokens(request) is None
    assert stops(request) == []
    assert template_kwargs(request) == {}


@pytest.mark.parametrize(
    "name",
    [
        "temperature", "top_p", "top_k", "min_p", "typical_p", "repeat_penalty", "repeat_last_n",
        "presence_penalty", "frequency_penalty", "dry_multiplier", "dry_base", "xtc_probability",
        "mirostat", "seed", "logit_bias", "stream", "stream_options", "max_tokens", "stop", "n",
        "max_completion_tokens", "ignore_eos", "enable_thinking", "response_format", "tools",
        "tool_choice", "logprobs", "top_logprobs", "user", "functions",
    ],
)  # fmt: skip
def test_a_null_means_the_default(name: str) -> None:
    assert read(**{name: None}) == read()


@pytest.mark.parametrize("role", list(Role))
def test_every_role_is_kept_as_it_is(role: Role) -> None:
    message = {"role": role, "content": "x", "tool_call_id": "1"}
    assert read(messages=[message]).messages[0].role is role


def test_an_unknown_role_is_refused_with_those_that_are_known() -> None:
    error = refused(messages=[*HELLO, {"role": "bard", "content": "x"}])
    assert error.param == "messages[1].role"
    assert "system, developer, user, assistant, tool" in error.message


def test_content_may_come_in_parts() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert read(messages=[{"role": "user", "content": parts}]).messages[0].content == [
        TextPart("a"),
        TextPart("b"),
    ]


def test_content_may_be_null_beside_tool_calls() -> None:
    message = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    assert read(messages=[message]).messages[0].content is None


@pytest.mark.parametrize(
    ("message", "param"),
    [
        ({"role": "user"}, "messages[0].content"),
        ({"role": "user", "content": None}, "messages[0].content"),
        ({"role": "user", "content": None, "tool_calls": [CALL]}, "messages[0].content"),
        ({"role": "assistant", "content": None}, "messages[0].content"),
        ({"role": "assistant", "tool_calls": []}, "messages[0].content"),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id"),
        ({"role": "user", "content": 5}, "messages[0].content"),
        ({"role": "user", "content": [{"type": "smell"}]}, "messages[0].content[0].type"),
        ({"role": "assistant", "tool_calls": [{}]}, "messages[0].tool_calls[0].function"),
        ({"role": "user", "content": ["x"]}, "messages[0].content[0]"),
        ({"content": "x"}, "messages[0].role"),
        ({"role": 5, "content": "x"}, "messages[0].role"),
        ("hello", "messages[0]"),
    ],
)
def test_a_message_that_makes_no_sense_is_refused(message: object, param: str) -> None:
    error = refused(messages=[message])
    assert (error.code, error.param) == (ErrorCode.INVALID_REQUEST, param)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", ""),
        ("model", 5),
        ("model", None),
        ("messages", []),
        ("messages", None),
        ("messages", "hello"),
        ("temperature", -1),
        ("temperature", "0.7"),
        ("temperature", 1e30),
        ("top_p", 1.1),
        ("top_k", -1),
        ("max_tokens", 0),
        ("max_tokens", -1),
        ("max_tokens", 10**30),
        ("max_tokens", 1.5),
        ("n", 0),
        ("n", 17),
        ("n", True),
        ("seed", 1 << 63),
        ("stop", ""),
        ("stop", 5),
        ("stop", ["a"] * 17),
        ("stream", "yes"),
        ("stream_options", True),
        ("frequency_penalty", -3),
        ("logit_bias", {"hello": 1}),
        ("logit_bias", {"-1": 1}),
        ("logit_bias", {"²": 1}),
        ("logit_bias", {"2147483648": 1}),
        ("logit_bias", {"9" * 5000: 1}),
        ("response_format", "json"),
        ("chat_template_kwargs", []),
        ("enable_thinking", 1),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(name: str, value: object) -> None:
    error = refused(**{name: value})
    assert (error.code, error.param) == (ErrorCode.INVALID_REQUEST, name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("functions", [{}]),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_and_not_ignored(name: str, value: object) -> None:
    error = refused(**{name: value})
    assert (error.code, error.param) == (ErrorCode.UNSUPPORTED, name)


@pytest.mark.parametrize(
    "fields",
    [
        {"response_format": {"type": "text"}},
        {"tools": []},
        {"tool_choice": "auto"},
        {"logprobs": False},
        {"functions": []},
        {"logit_bias": {"0": 1, "2147483647": -100}},
        {"seed": -(1 << 63)},
        {"max_tokens": 256.0},
    ],
)
def test_a_wish_that_changes_nothing_is_granted(fields: dict[str, object]) -> None:
    assert read(**fields).model == "m"


def test_one_stop_string_is_a_list_of_one() -> None:
    assert stops(read(stop="\n")) == ["\n"]
    assert stops(read(stop=["a", "b"])) == ["a", "b"]


def test_the_newer_name_of_the_limit_wins() -> None:
    assert max_tokens(read(max_tokens=5)) == 5
    assert max_tokens(read(max_tokens=5, max_completion_tokens=7)) == 7


def test_thinking_is_told_to_the_template() -> None:
    request = read(enable_thinking=False, chat_template_kwargs={"tone": "dry"})
    assert template_kwargs(request) == {"tone": "dry", "enable_thinking": False, "thinking": False}
    assert template_kwargs(read(reasoning_effort="low")) == {"reasoning_effort": "low"}
    none = read(reasoning_effort="none")
    assert template_kwargs(none) == {"enable_thinking": False, "thinking": False}
    both = read(reasoning_effort="none", enable_thinking=True)
    assert template_kwargs(both)["enable_thinking"] is True


@pytest.mark.parametrize(
    ("kind", "what"), [("image_url", "vision model"), ("input_audio", "sound"), ("file", "files")]
)
def test_what_is_no_text_waits_for_a_model_that_can(kind: str, what: str) -> None:
    text = {"type": "text", "text": "What is this?"}
    messages = [
        {"role": "system", "content": "x"},
        {"role": "user", "content": [text, {"type": kind, kind: {"url": "data:,"}}]},
    ]
    error = refused(messages=messages)
    assert (error.code, error.param) == (ErrorCode.UNSUPPORTED, "messages[1].content[1]")
    assert what in error.message


def test_alternatives_need_logprobs() -> None:
    assert refused(top_logprobs=3).param == "top_logprobs"
    assert refused(top_logprobs=21, logprobs=True).param == "top_logprobs"
    assert read(top_logprobs=0).top_logprobs == 0
    assert read(top_logprobs=20, logprobs=True).top_logprobs == 20


def test_a_misspelling_is_told_and_openais_own_fields_are_not() -> None:
    fields = {"temprature": 1, "user": "me", "store": True, "service_tier": "auto", "mood": 1}
    assert warned(**fields)[1] == {"temprature": "temperature"}
