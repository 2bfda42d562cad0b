"""
What llama.cpp's own server is asked by its own tests, asked of us in our own words.

These are the 26 cases of its suite (`tools/server/tests` in llama.cpp's source) that any server
with OpenAI's routes can be asked, whatever its model. `README.md` here lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import gguf
import httpx
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from bridge.models.store import embedded_path

MODEL = "hearsay/tavern"
ASKED: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "You keep a tavern."},
    {"role": "user", "content": "What do you serve?"},
]


@pytest.fixture
def http(sidecar: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sidecar, trust_env=False, timeout=60) as http:
        yield http


@pytest.fixture
def client(sidecar: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{sidecar}/v1", api_key="not-needed", max_retries=0) as client:
        yield client


def ask(http: httpx.Client, **fields: object) -> httpx.Response:
    body = {"model": MODEL, "messages": ASKED, "max_tokens": 32, **fields}
    return http.post("/v1/chat/completions", json=body)


def said(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    [choice] = answer.json()["choices"]
    return str(choice["message"]["content"])


def fault(answer: httpx.Response) -> dict[str, Any]:
    """Return the error of a refused request, which has the specification's form."""
    assert answer.status_code == 400, answer.text
    error: dict[str, Any] = answer.json()["error"]
    assert error["type"] == "invalid_request_error"
    assert error["message"]
    return error


def test_one_model_is_listed_under_its_name(http: httpx.Client) -> None:
    [model] = http.get("/v1/models").json()["data"]
    assert model["id"].endswith("tavern")


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ({"type": "json_object", "schema": {"const": "ale"}}, '"ale"'),
        ({"type": "json_object", "schema": {"items": [{"type": "integer"}]}}, r"[\s\S]+"),
        ({"type": "json_schema", "json_schema": {"schema": {"const": "stew"}}}, '"stew"'),
        ({"type": "json_object"}, r"\{[\s\S]*"),
    ],
)
def test_a_form_holds_the_reply(http: httpx.Client, form: dict[str, Any], pattern: str) -> None:
    assert re.fullmatch(pattern, said(ask(http, response_format=form)))


@pytest.mark.parametrize(
    "form",
    [
        {"type": "sound"},
        {"type": "json_object", "schema": 123},
        {"type": "json_object", "schema": {"type": 123}},
        {"type": "json_object", "schema": {"type": "hiccup"}},
    ],
)
def test_a_form_that_is_none_is_refused(http: httpx.Client, form: dict[str, Any]) -> None:
    assert fault(ask(http, response_format=form))["param"].startswith("response_format")


def test_a_grammar_holds_the_reply(http: httpx.Client) -> None:
    assert said(ask(http, grammar='root ::= "a"{5,5}')) == "aaaaa"


def test_a_grammar_that_is_none_is_refused(http: httpx.Client) -> None:
    assert fault(ask(http, grammar="root ::= this is (no grammar"))["param"]


@pytest.mark.parametrize(
    "messages",
    [
        None,
        "Hello!",
        [42],
        [{}],
        [{"role": 42}],
        [{"role": "system", "content": 42}],
        [{"role": "system", "content": "You keep a tavern."}, {}],
    ],
)
def test_messages_that_are_none_are_refused(http: httpx.Client, messages: object) -> None:
    assert fault(ask(http, messages=messages))["param"].startswith("messages")


def test_a_character_may_have_spoken_twice(http: httpx.Client) -> None:
    twice = [*ASKED, *[{"role": "assistant", "content": "Ale and stew."}] * 2]
    assert said(ask(http, messages=twice))


def test_probabilities_spell_the_reply(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(
        model=MODEL, messages=ASKED, temperature=0, max_tokens=5, logprobs=True, top_logprobs=10
    )
    [choice] = answer.choices
    assert choice.logprobs
    tokens = choice.logprobs.content or []
    assert "".join(token.token for token in tokens) == choice.message.content
    assert all(token.logprob <= 0 and token.bytes for token in tokens)
    assert all(len(token.top_logprobs) == 10 for token in tokens)


def test_probabilities_spell_a_reply_as_it_comes(client: openai.OpenAI) -> None:
    first, *pieces, last = client.chat.completions.create(
        model=MODEL,
        messages=ASKED,
        temperature=0,
        max_tokens=5,
        logprobs=True,
        top_logprobs=10,
        stream=True,
    )
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", None)
    assert last.choices[0].finish_reason
    text = spelt = ""
    for piece in pieces:
        [choice] = piece.choices
        assert choice.delta.role is None
        assert choice.logprobs
        text += choice.delta.content or ""
        tokens = choice.logprobs.content or []
        spelt += "".join(token.token for token in tokens)
        assert all(token.logprob <= 0 and token.bytes and token.top_logprobs for token in tokens)
    assert text
    assert text == spelt


def test_a_bias_keeps_words_out(client: openai.OpenAI) -> None:
    free = client.chat.completions.create(
        model=MODEL, messages=ASKED, temperature=0, max_tokens=40
    ).choices[0].message.content or ""  # fmt: skip
    words = set(re.findall(r"\w+", free))
    assert words
    texts = gguf.GGUFReader(embedded_path()).fields["tokenizer.ggml.tokens"].contents()
    banned = {str(token): -100 for token, text in enumerate(texts) if text.strip("▁Ġ ") in words}
    [held] = client.chat.completions.create(
        model=MODEL,
        messages=ASKED,
        temperature=0,
        max_tokens=40,
        logit_bias=banned,
        logprobs=True,
    ).choices
    assert held.logprobs
    written = {token.token.strip() for token in held.logprobs.content or []}
    assert written
    assert not written & words


@pytest.mark.parametrize("stream", [False, True])
def test_too_long_a_conversation_is_refused_before_a_word(http: httpx.Client, stream: bool) -> None:
    error = fault(ask(http, messages=ASKED * 100, stream=stream))
    assert error["code"] == "context_length_exceeded"
    tokens, room = map(int, re.findall(r"\d+", error["message"])[:2])
    assert tokens > room > 0


def test_two_replies_to_one_question_come_again_and_again(http: httpx.Client) -> None:
    for _ in range(2):
        # A slot that is asked for is no word of OpenAI's; it may not lock anybody out.
        answer = ask(http, n=2, max_tokens=3, ignore_eos=True, id_slot=0)
        choices = answer.json()["choices"]
        assert [choice["index"] for choice in choices] == [0, 1]
        assert all(choice["message"]["role"] == "assistant" for choice in choices)
        assert all(choice["finish_reason"] == "length" for choice in choices)
