"""What OpenAI's own helpers expect of structured output, with the embedded model."""

from __future__ import annotations

import enum
import json
from collections.abc import Iterator

import pytest
from openai import BadRequestError, OpenAI
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, Field

MODEL = "in-memory::hearsay/tavern"
HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Who are you?"}]


class Mood(enum.StrEnum):
    GLAD = "glad"
    ANGRY = "angry"


class Item(BaseModel):
    name: str = Field(max_length=12)
    price: int = Field(ge=0, le=99)


class Answer(BaseModel):
    """What the innkeeper does."""

    mood: Mood
    offers: list[Item] = Field(max_length=2)
    greets: bool
    says: str | None = Field(max_length=60)


@pytest.fixture
def client(sidecar: str) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{sidecar}/v1", api_key="none") as client:
        yield client


def test_parse_returns_a_pydantic_model(client: OpenAI) -> None:
    reply = client.chat.completions.parse(
        model=MODEL, messages=HELLO, response_format=Answer, max_tokens=400
    )
    parsed = reply.choices[0].message.parsed
    assert isinstance(parsed, Answer)
    assert reply.choices[0].finish_reason == "stop"


def test_a_streamed_answer_is_parsed_too(client: OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=HELLO, response_format=Answer, max_tokens=400
    ) as stream:
        for _ in stream:
            pass
        reply = stream.get_final_completion()
    assert isinstance(reply.choices[0].message.parsed, Answer)


def test_a_json_object_is_one(client: OpenAI) -> None:
    reply = client.chat.completions.create(
        model=MODEL,
        messages=HELLO,
        response_format={"type": "json_object"},
        max_tokens=200,
        temperature=0,
    )
    assert isinstance(json.loads(reply.choices[0].message.content or ""), dict)


@pytest.mark.parametrize("how", ["none", "concise", "full"])
def test_a_choice_and_every_way_of_telling_a_schema_run(client: OpenAI, how: str) -> None:
    told = {"name": "mood", "schema": {"enum": ["glad", "sad"]}, "schema_injection": how}
    forms = [
        {"type": "choice", "choices": ['"glad"', '"sad"']},
        {"type": "json_schema", "json_schema": told},
    ]
    for form in forms:
        reply = client.chat.completions.create(
            model=MODEL,
            messages=HELLO,
            extra_body={"response_format": form},
        )
        assert reply.choices[0].message.content in ('"glad"', '"sad"')


def test_a_schema_that_cannot_be_held_is_a_400_that_names_the_place(client: OpenAI) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}}
    form = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with pytest.raises(BadRequestError) as caught:
        client.chat.completions.create(
            model=MODEL, messages=HELLO, extra_body={"response_format": form}
        )
    assert caught.value.param == "response_format.json_schema.schema.properties.a.uniqueItems"


def test_an_answer_that_is_cut_says_length(client: OpenAI) -> None:
    reply = client.chat.completions.create(
        model=MODEL, messages=HELLO, response_format={"type": "json_object"}, max_tokens=2
    )
    assert reply.choices[0].finish_reason == "length"
