"""OpenAI's own client calls tools, thinks and asks for probabilities, against a real sidecar."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from openai import BadRequestError, OpenAI
from openai.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionTokenLogprob

MODEL = "in-memory::hearsay/tavern"
ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "maxLength": 12},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["item", "count"],
    "additionalProperties": False,
}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "order_food", "parameters": ORDER, "strict": True}}
]
TALK: list[Any] = [
    {"role": "system", "content": "You are Boris, a tavern keeper."},
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "Bring me 2 apple pies, "},
            {"type": "text", "text": "please."},
        ],
    },
]
WISH: dict[str, Any] = {"model": MODEL, "messages": TALK, "temperature": 0, "max_tokens": 90}
CALLS: dict[str, Any] = {**WISH, "tools": TOOLS, "tool_choice": "required"}
THINKS = {"enable_thinking": True}


@pytest.fixture(scope="module")
def client(sidecar: str) -> OpenAI:
    return OpenAI(base_url=f"{sidecar}/v1", api_key="none", max_retries=0)


def strictly(answer: ChatCompletion | ChatCompletionChunk) -> None:
    """Hold an answer to OpenAI's own types: no field missing, none of the wrong kind."""
    type(answer).model_validate(answer.model_dump(), strict=True)


@pytest.mark.parametrize("question", ["Who are you?", "What do you have on the menu?"])
def test_who_has_tools_and_calls_none_ends_as_without_them(client: OpenAI, question: str) -> None:
    talk = [TALK[0], {"role": "user", "content": question}]
    wish = {**WISH, "messages": talk, "tools": TOOLS, "max_tokens": 200}
    for _ in range(3):  # At this heat it calls sometimes; it never goes on and on.
        [choice] = client.chat.completions.create(**{**wish, "temperature": 0.5}).choices
        assert choice.finish_reason in ("stop", "tool_calls")


def test_a_call_and_its_result(client: OpenAI) -> None:
    answer = client.chat.completions.create(**CALLS)
    strictly(answer)
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls
    call = choice.message.tool_calls[0]
    assert call.type == "function"
    assert call.function.name == "order_food"
    jsonschema.validate(json.loads(call.function.arguments), ORDER)
    result: Any = {"role": "tool", "tool_call_id": call.id, "content": "served"}
    talk = [*TALK, choice.message, result]
    after = client.chat.completions.create(**{**WISH, "messages": talk, "tools": TOOLS})
    assert after.choices[0].message.content or after.choices[0].message.tool_calls


def test_a_streamed_call_is_the_plain_one(client: OpenAI) -> None:
    plain = client.chat.completions.create(**CALLS).choices[0].message.tool_calls
    assert plain
    names: dict[int, str] = {}
    arguments: dict[int, str] = {}
    reasons = []
    for chunk in client.chat.completions.create(**CALLS, stream=True):
        strictly(chunk)
        [choice] = chunk.choices
        reasons.append(choice.finish_reason)
        for call in choice.delta.tool_calls or []:
            assert call.function
            if call.index not in names:
                assert call.id
                assert call.type == "function"
                names[call.index] = call.function.name or ""
                arguments[call.index] = ""
            else:
                assert call.id is None
                assert call.function.name is None
            arguments[call.index] += call.function.arguments or ""
    assert reasons[-1] == "tool_calls"
    told = [
        (each.function.name, each.function.arguments) for each in plain if each.type == "function"
    ]
    assert told == [(names[index], arguments[index]) for index in names]


def test_a_named_tool_is_called_and_one_alone(client: OpenAI) -> None:
    choice: Any = {"type": "function", "function": {"name": "order_food"}}
    answer = client.chat.completions.create(**{**CALLS, "tool_choice": choice})
    assert len(answer.choices[0].message.tool_calls or []) == 1


def test_without_tools_to_call_there_is_text(client: OpenAI) -> None:
    answer = client.chat.completions.create(**{**CALLS, "tool_choice": "none"})
    assert answer.choices[0].message.content
    assert answer.choices[0].message.tool_calls is None


def test_thinking_is_told_apart_and_counted(client: OpenAI) -> None:
    answer = client.chat.completions.create(**WISH, extra_body=THINKS)
    strictly(answer)
    message = answer.choices[0].message
    thought = (message.model_extra or {})["reasoning_content"]
    assert thought
    assert "<think>" not in thought + (message.content or "")
    assert answer.usage
    assert answer.usage.completion_tokens_details
    spent = answer.usage.completion_tokens_details.reasoning_tokens
    assert spent
    assert 0 < spent < answer.usage.completion_tokens
    streamed = {"content": "", "reasoning_content": ""}
    for chunk in client.chat.completions.create(**WISH, extra_body=THINKS, stream=True):
        strictly(chunk)
        delta = chunk.choices[0].delta
        streamed["content"] += delta.content or ""
        streamed["reasoning_content"] += (delta.model_extra or {}).get("reasoning_content") or ""
    assert streamed == {"content": message.content, "reasoning_content": thought}
    silent = client.chat.completions.create(**WISH, extra_body={"enable_thinking": False})
    assert "reasoning_content" not in (silent.choices[0].message.model_extra or {})


def test_probabilities_are_told_plain_and_streamed(client: OpenAI) -> None:
    wish: dict[str, Any] = {**WISH, "logprobs": True, "top_logprobs": 2}
    answer = client.chat.completions.create(**wish)
    strictly(answer)
    logprobs = answer.choices[0].logprobs
    assert logprobs
    assert logprobs.content
    raw = bytes(byte for token in logprobs.content for byte in token.bytes or [])
    assert raw.decode() == answer.choices[0].message.content
    for token in logprobs.content:
        likeliest = token.top_logprobs
        assert len(likeliest) == 2
        assert token.logprob == likeliest[0].logprob >= likeliest[1].logprob
        assert token.logprob <= 0
    streamed: list[ChatCompletionTokenLogprob] = []
    for chunk in client.chat.completions.create(**wish, stream=True):
        strictly(chunk)
        told = chunk.choices[0].logprobs
        streamed += (told.content or []) if told else []
    assert [token.token for token in streamed] == [token.token for token in logprobs.content]


def test_a_picture_waits_for_a_model_that_sees(client: OpenAI) -> None:
    picture: Any = [{"type": "image_url", "image_url": {"url": "data:image/png;base64,"}}]
    with pytest.raises(BadRequestError, match="until a vision model is loaded") as caught:
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": picture}])
    assert caught.value.param == "messages[0].content[0]"


def test_a_strict_tool_that_cannot_be_held_to_is_refused_before_any_token(client: OpenAI) -> None:
    odd: Any = {
        "type": "function",
        "function": {
            "name": "odd",
            "strict": True,
            "parameters": {"type": "object", "properties": {"a": {"type": "hiccup"}}},
        },
    }
    with pytest.raises(BadRequestError) as caught:
        client.chat.completions.create(**{**CALLS, "tools": [odd]})
    assert caught.value.param
    assert caught.value.param.startswith("tools[0].function.parameters")
