"""Answers and streams in OpenAI's form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    DeltaToolCall,
    FinishReason,
    FunctionDelta,
    HttpChatRequest,
    Priority,
    PromptTokensDetails,
    Timings,
    TokenLogprob,
    Usage,
)
from bridge.wire import openai
from bridge.wire.dialect import Order
from bridge.wire.openai import ChatCompletion, Head

USAGE = Usage(12, 8, 20, PromptTokensDetails(5))
CREATED = 1700000000
HELLO = [{"role": "user", "content": "Hello"}]


def body(**fields: object) -> bytes:
    document = {"model": "in-memory::org/model", "messages": HELLO, **fields}
    return json.dumps(document).encode()


def ordered(**fields: object) -> tuple[ChatCompletion, Order]:
    dialect = ChatCompletion(CREATED)
    [order] = dialect.receive_data(body(**fields))
    assert dialect.data_to_send() == b""
    assert head(dialect) is None
    return dialect, order


def head(dialect: ChatCompletion) -> Head | None:
    return dialect.head


def events(stream: bytes) -> list[Any]:
    """Return a stream's events; the end as the string that it is."""
    *frames, rest = stream.decode().split("\n\n")
    assert rest == ""
    assert all(frame.startswith("data: ") and "\n" not in frame for frame in frames)
    texts = [frame.removeprefix("data: ") for frame in frames]
    return [text if text == "[DONE]" else json.loads(text) for text in texts]


def test_a_plain_answer_has_the_specifications_form_and_order() -> None:
    dialect, (_, reply) = ordered()
    assert reply.started("abc") == b""
    assert reply.wrote(0, "The capital of France ") == b""
    assert reply.wrote(0, "is Paris.") == b""
    assert reply.finished(0, FinishReason.STOP) == b""
    assert head(dialect) is None
    answer = json.loads(reply.done(USAGE))
    assert dialect.head == (200, {"content-type": "application/json"})
    assert list(answer) == ["id", "object", "created", "model", "choices", "usage"]
    assert answer == {
        "id": "chatcmpl-abc",
        "object": "chat.completion",
        "created": CREATED,
        "model": "org/model",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "The capital of France is Paris.",
                    "refusal": None,
                },
                "finish_reason": "stop",
                "logprobs": None,
            }
        ],
        "usage": {
            "prompt_tokens": 12,
            "completion_tokens": 8,
            "total_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": 5},
            "completion_tokens_details": {"reasoning_tokens": 0},
        },
    }


def test_choices_are_in_order_whichever_ends_first() -> None:
    _, (_, reply) = ordered(n=2)
    reply.started("abc")
    reply.wrote(1, "one")
    reply.wrote(0, "zero")
    reply.finished(1, FinishReason.LENGTH)
    reply.finished(0, FinishReason.STOP)
    choices = json.loads(reply.done(USAGE))["choices"]
    assert [(each["index"], each["message"]["content"]) for each in choices] == [
        (0, "zero"),
        (1, "one"),
    ]


def test_an_empty_reply_is_an_empty_string() -> None:
    _, (_, reply) = ordered()
    reply.finished(0, FinishReason.STOP)
    assert json.loads(reply.done(USAGE))["choices"][0]["message"]["content"] == ""


def test_a_plain_answer_that_fails_has_a_real_status() -> None:
    dialect, (_, reply) = ordered()
    reply.started("abc")
    reply.wrote(0, "half")
    answer = json.loads(reply.failed(HearsayError(ErrorCode.WORKER_CRASHED, "It crashed")))
    assert answer["error"]["message"] == "It crashed"
    assert dialect.head == (
        500,
        {"content-type": "application/json", "x-should-retry": "false"},
    )


def told(**fields: object) -> tuple[ChatCompletion, bytes]:
    """Return the stream of a reply of two words."""
    dialect, (_, reply) = ordered(stream=True, **fields)
    stream = reply.started("abc")
    stream += reply.wrote(0, "Once") + reply.wrote(0, " upon")
    stream += reply.finished(0, FinishReason.STOP) + reply.done(USAGE)
    return dialect, stream


def test_a_stream_is_role_text_reason_and_end() -> None:
    dialect, stream = told()
    assert dialect.head == (
        200,
        {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-store"},
    )
    *chunks, end = events(stream)
    assert end == "[DONE]"
    assert [(chunk["choices"][0]["delta"], chunk["choices"][0]["finish_reason"])
            for chunk in chunks] == [
        ({"role": "assistant"}, None),
        ({"content": "Once"}, None),
        ({"content": " upon"}, None),
        ({}, "stop"),
    ]  # fmt: skip
    for chunk in chunks:
        assert list(chunk) == ["id", "object", "created", "model", "choices"]
        assert chunk["id"] == "chatcmpl-abc"
        assert chunk["object"] == "chat.completion.chunk"
        assert chunk["created"] == CREATED
        assert chunk["model"] == "org/model"


def test_the_usage_chunk_comes_last_and_only_when_asked_for() -> None:
    *chunks, last, _ = events(told(stream_options={"include_usage": True})[1])
    assert all(chunk["choices"] and chunk["usage"] is None for chunk in chunks)
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 20


def test_stream_options_without_usage_change_nothing() -> None:
    assert told(stream_options={})[1] == told()[1]


def test_a_stream_of_two_choices_opens_both() -> None:
    _, (_, reply) = ordered(stream=True, n=2)
    chunks = events(reply.started("abc"))
    assert [chunk["choices"][0]["index"] for chunk in chunks] == [0, 1]


def test_a_stream_that_fails_before_its_start_has_a_real_status() -> None:
    dialect, (_, reply) = ordered(stream=True)
    error = HearsayError(ErrorCode.CONTEXT_EXCEEDED, "9000 tokens of 8192", "messages")
    assert json.loads(reply.failed(error))["error"]["param"] == "messages"
    assert dialect.head is not None
    assert dialect.head.status == 400


def test_a_stream_that_fails_in_the_middle_says_so_and_ends() -> None:
    _, (_, reply) = ordered(stream=True)
    reply.started("abc")
    error, end = events(reply.failed(HearsayError(ErrorCode.WORKER_CRASHED, "It crashed")))
    assert error["error"]["message"] == "It crashed"
    assert end == "[DONE]"


def test_streamed_and_plain_text_are_equal() -> None:
    pieces = ["", "Üb", "er\n\n", "data: ", '"\\', "\N{GRINNING FACE}", "\r\n", "\u2028"]
    _, (_, plain) = ordered()
    _, (_, streamed) = ordered(stream=True)
    stream = streamed.started("abc") + plain.started("abc")
    for piece in pieces:
        plain.wrote(0, piece)
        stream += streamed.wrote(0, piece)
    plain.finished(0, FinishReason.STOP)
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in events(stream))
    assert text == json.loads(plain.done(USAGE))["choices"][0]["message"]["content"]


def test_an_event_is_one_line_however_a_client_splits() -> None:
    _, (_, reply) = ordered(stream=True)
    reply.started("abc")
    text = "a\x85b\u2028c\u2029d\r\ne\x1cf"
    frame = reply.wrote(0, text)
    assert len(frame.decode().splitlines()) == 2  # the event and the empty line that ends it
    assert events(frame)[0]["choices"][0]["delta"]["content"] == text


def test_a_bad_body_is_answered_once() -> None:
    dialect = ChatCompletion(CREATED)
    assert list(dialect.receive_data(b"{")) == []
    assert dialect.head is not None
    assert dialect.head.status == 400
    assert json.loads(dialect.data_to_send())["error"]["type"] == "invalid_request_error"
    assert dialect.data_to_send() == b""


def test_a_bug_in_reading_is_an_answer_and_not_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(data: bytes) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(openai, "read_chat_request", broken)
    dialect = ChatCompletion(CREATED)
    assert list(dialect.receive_data(body())) == []
    assert dialect.head is not None
    assert dialect.head.status == 500
    assert json.loads(dialect.data_to_send())["error"]["code"] == "internal"


@pytest.mark.parametrize("stream", [True, False])
def test_misspelled_fields_are_named_in_a_header(stream: bool) -> None:
    form = {"type": "json_schema", "json_schema": {"schema": {}}, "schema_injection": "full"}
    dialect, (_, reply) = ordered(stream=stream, temprature=1, max_token=5, response_format=form)
    reply.started("abc")
    reply.finished(0, FinishReason.STOP)
    reply.done(USAGE)
    assert dialect.head is not None
    assert dialect.head.headers["x-hearsay-warning"] == (
        "unknown field 'temprature' (did you mean 'temperature'?); "
        "unknown field 'max_token' (did you mean 'max_tokens'?); "
        "unknown field 'response_format.schema_injection' "
        "(did you mean 'response_format.json_schema.schema_injection'?)"
    )


@pytest.mark.parametrize("stream", [False, True])
def test_what_a_conversation_had_to_leave_out_is_told_in_a_header(stream: bool) -> None:
    dialect, (_, reply) = ordered(stream=stream, context_policy="truncate_oldest")
    reply.started("abc", 4)
    reply.finished(0, FinishReason.STOP)
    reply.done(USAGE)
    answer = head(dialect)
    assert answer
    assert answer.headers["x-hearsay-dropped-messages"] == "4"


@pytest.mark.parametrize("usage", [False, True])
def test_timings_come_where_they_are_asked_for_and_nowhere_else(usage: bool) -> None:
    timings = Timings(20.0, 5.0, 100.0, first_token_ms=25.0)
    _, (_, plain) = ordered(timings=True)
    plain.started("abc")
    plain.finished(0, FinishReason.STOP)
    assert json.loads(plain.done(USAGE, timings))["timings"]["first_token_ms"] == 25.0
    _, (_, stream) = ordered(timings=True, stream=True, stream_options={"include_usage": usage})
    stream.started("abc")
    last, end = events(stream.done(USAGE, timings))
    assert (last["choices"], last["timings"]["queued_ms"], end) == ([], 20.0, "[DONE]")
    assert ("usage" in last) is usage
    for wish in ({}, {"timings": False}):
        _, (_, quiet) = ordered(stream=True, **wish)
        quiet.started("abc")
        assert events(quiet.done(USAGE, timings)) == ["[DONE]"]


def test_a_body_may_say_how_it_is_to_be_served() -> None:
    _, (request, _) = ordered(priority="background", deadline_ms=5000, first_token_by_ms=900)
    assert isinstance(request, HttpChatRequest)
    assert request.priority is Priority.BACKGROUND
    assert (request.deadline_ms, request.first_token_by_ms) == (5000, 900)


def test_a_wrong_priority_is_an_error_that_names_the_field() -> None:
    dialect = ChatCompletion(CREATED)
    assert dialect.receive_data(body(priority="urgent")) == []
    assert json.loads(dialect.data_to_send())["error"]["param"] == "priority"


BEGUN = DeltaToolCall(
    index=0, id="call_1", type="function", function=FunctionDelta(name="open_door")
)
MORE = DeltaToolCall(index=0, function=FunctionDelta(arguments='{"door": "north"}'))
SCORE = TokenLogprob(token="Ho", logprob=-0.5, bytes=[72, 111], top_logprobs=[])


def test_a_plain_answer_has_thinking_calls_and_probabilities() -> None:
    _, (_, reply) = ordered(logprobs=True)
    reply.started("abc")
    reply.reasoned(0, "Hm")
    reply.reasoned(0, "m")
    reply.wrote(0, "Ho", [SCORE])
    reply.called(0, BEGUN)
    reply.called(0, MORE)
    reply.finished(0, FinishReason.TOOL_CALLS)
    [choice] = json.loads(reply.done(USAGE))["choices"]
    assert choice == {
        "index": 0,
        "message": {
            "role": "assistant",
            "content": "Ho",
            "refusal": None,
            "reasoning_content": "Hmm",
            "tool_calls": [
                {
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "open_door", "arguments": '{"door": "north"}'},
                }
            ],
        },
        "finish_reason": "tool_calls",
        "logprobs": {
            "content": [{"token": "Ho", "logprob": -0.5, "bytes": [72, 111], "top_logprobs": []}],
            "refusal": None,
        },
    }


def test_a_reply_that_only_calls_has_no_content() -> None:
    _, (_, reply) = ordered()
    reply.called(0, BEGUN)
    reply.finished(0, FinishReason.TOOL_CALLS)
    [choice] = json.loads(reply.done(USAGE))["choices"]
    assert choice["message"]["content"] is None
    assert choice["message"]["tool_calls"][0]["function"]["arguments"] == ""


def test_a_streamed_call_has_openais_form() -> None:
    _, (_, reply) = ordered(stream=True, logprobs=True)
    reply.started("abc")
    stream = reply.reasoned(0, "Hm") + reply.wrote(0, "Ho", [SCORE])
    stream += reply.called(0, BEGUN) + reply.called(0, MORE)
    choices = [event["choices"][0] for event in events(stream)]
    assert [choice["delta"] for choice in choices] == [
        {"reasoning_content": "Hm"},
        {"content": "Ho"},
        {
            "tool_calls": [
                {
                    "index": 0,
                    "id": "call_1",
                    "type": "function",
                    "function": {"name": "open_door", "arguments": ""},
                }
            ]
        },
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"door": "north"}'}}]},
    ]
    assert [bool(choice["logprobs"]) for choice in choices] == [False, True, False, False]
