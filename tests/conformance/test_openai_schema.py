"""Every body and chunk is what OpenAI's published schema requires and its client's types say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from openai.types import Model
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel, TypeAdapter

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}


def record(**fields: Schema) -> Schema:
    """Return the schema of an object that has all of these, and perhaps more."""
    return {"type": "object", "required": list(fields), "properties": fields}


def null_or(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def every(schema: Schema, least: int = 0) -> Schema:
    return {"type": "array", "items": schema, "minItems": least}


def constant(value: str) -> Schema:
    return {"const": value}


# By hand from OpenAI's description of its API (github.com/openai/openai-openapi, version 2.3.0).
REASON: Schema = {"enum": ["stop", "length", "tool_calls", "content_filter", "function_call"]}
BYTES = null_or(every({"type": "integer", "minimum": 0, "maximum": 255}))
LIKELY = record(token=TEXT, logprob={"type": "number"}, bytes=BYTES)
SCORED = record(**LIKELY["properties"], top_logprobs=every(LIKELY))
LOGPROBS = null_or(record(content=null_or(every(SCORED)), refusal=null_or(every(SCORED))))
CALL = record(
    id=TEXT, type=constant("function"), function=record(name=TEXT, arguments=TEXT)
)  # fmt: skip
MESSAGE = record(role=constant("assistant"), content=null_or(TEXT), refusal=null_or(TEXT))
USAGE = record(prompt_tokens=COUNT, completion_tokens=COUNT, total_tokens=COUNT)
HEAD = {"id": TEXT, "created": COUNT, "model": TEXT}
ANSWER = record(
    **HEAD,
    object=constant("chat.completion"),
    choices=every(
        record(
            index=COUNT,
            finish_reason=REASON,
            logprobs=LOGPROBS,
            message={"allOf": [MESSAGE, {"properties": {"tool_calls": every(CALL, 1)}}]},
        ),
        1,
    ),
)
ANSWER["properties"]["usage"] = USAGE
CHUNK = record(
    **HEAD,
    object=constant("chat.completion.chunk"),
    choices=every(
        # The one waiver: OpenAI's schema lacks the null that its service and everybody sends.
        record(index=COUNT, finish_reason=null_or(REASON), delta={"type": "object"})
    ),
)
CHUNK["properties"]["choices"]["items"]["properties"] |= {
    "logprobs": LOGPROBS,
    "delta": {
        "type": "object",
        "properties": {
            "role": constant("assistant"),
            "content": null_or(TEXT),
            "tool_calls": every(record(index=COUNT), 1),
        },
    },
}
CHUNK["properties"]["usage"] = null_or(USAGE)
MODELS = record(
    object=constant("list"),
    data=every(record(id=TEXT, object=constant("model"), created=COUNT, owned_by=TEXT)),
)
ERROR = record(error=record(type=TEXT, message=TEXT, param=null_or(TEXT), code=null_or(TEXT)))

ORDER: Schema = {
    "type": "object",
    "properties": {"item": {"enum": ["ale", "stew"]}},
    "required": ["item"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "order", "parameters": ORDER, "strict": True}}
FORM = {"type": "json_schema", "json_schema": {"name": "order", "schema": ORDER, "strict": True}}
WISHES: list[dict[str, Any]] = [
    {},
    {"n": 3},
    {"stop": ["e"]},
    {"logprobs": True, "top_logprobs": 3},
    {"logprobs": True},
    {"response_format": FORM},
    {"tools": [TOOL], "tool_choice": "required"},
    {"tools": [TOOL], "tool_choice": "required", "n": 2},
    {"max_tokens": 1},
    {"temperature": 0, "timings": True},
]


@pytest.fixture
def http(sidecar: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sidecar, trust_env=False, timeout=60) as http:
        yield http


def ask(http: httpx.Client, **fields: object) -> httpx.Response:
    talk = [{"role": "user", "content": "An ale, please!"}]
    body = {"model": "hearsay/tavern", "messages": talk, "max_tokens": 24, **fields}
    return http.post("/v1/chat/completions", json=body)


def holds(document: object, schema: Schema, kind: type[BaseModel] | None = None) -> None:
    """Fail unless a document is what OpenAI requires, and what the client's type says, strictly."""
    jsonschema.validate(document, schema)
    if kind:
        TypeAdapter(kind).validate_json(json.dumps(document), strict=True)


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: "+".join(wish) or "nothing")
def test_a_plain_answer_is_what_openai_promises(http: httpx.Client, wish: Schema) -> None:
    answer = ask(http, **wish)
    assert answer.status_code == 200, answer.text
    holds(answer.json(), ANSWER, ChatCompletion)
    assert answer.json()["usage"]


@pytest.mark.parametrize("told", [False, True])
@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: "+".join(wish) or "nothing")
def test_every_chunk_is_what_openai_promises(http: httpx.Client, wish: Schema, told: bool) -> None:
    answer = ask(http, **wish, stream=True, stream_options={"include_usage": told})
    assert answer.status_code == 200, answer.text
    *frames, end = [line for line in answer.text.split("\n\n") if line]
    assert end == "data: [DONE]"
    chunks = [json.loads(frame.removeprefix("data: ")) for frame in frames]
    for chunk in chunks:
        holds(chunk, CHUNK, ChatCompletionChunk)
        assert chunk["choices"] or told or wish.get("timings")
    assert bool(chunks[-1].get("usage")) == told


def test_models_and_errors_are_what_openai_promises(http: httpx.Client) -> None:
    models = http.get("/v1/models").json()
    holds(models, MODELS)
    for model in models["data"]:
        holds(http.get(f"/v1/models/{model['id']}").json(), MODELS["properties"]["data"]["items"])
        TypeAdapter(Model).validate_python(model, strict=True)
    for refused in (ask(http, messages=[]), ask(http, model="nobody"), http.get("/v1/nothing")):
        assert refused.status_code >= 400
        holds(refused.json(), ERROR)
