"""Messages are read from JSON and msgpack, and what is wrong with them is named."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    MAX_DEPTH,
    MAX_FRAME_BYTES,
    Goodbye,
    Hello,
    JobChunk,
    Ping,
    Pong,
    Prepare,
    SubmitChat,
)
from bridge.wire.document import MAX_VALUES, parse
from bridge.wire.frames import Codec, FrameError, JsonCodec, MsgpackCodec

VECTORS = sorted((Path(__file__).parents[2] / "protocol" / "vectors" / "client").glob("*.json"))

MESSAGES = [{"role": "user", "content": "Hello"}]
REQUEST = {"model": "m", "messages": MESSAGES}
SUBMIT = {"type": "submit_chat", "job": "j", "request": REQUEST}


def as_json(document: object) -> bytes:
    return json.dumps(document).encode()


def as_msgpack(document: object) -> bytes:
    return bytes(msgpack.packb(document))


Write = Callable[[object], bytes]
BOTH = pytest.mark.parametrize(
    ("codec", "write"),
    [(JsonCodec(), as_json), (MsgpackCodec(), as_msgpack)],
    ids=["json", "msgpack"],
)


def refusal(codec: Codec, frame: bytes) -> FrameError:
    with pytest.raises(FrameError) as caught:
        codec.decode(frame)
    return caught.value


@BOTH
def test_a_message_is_read(codec: Codec, write: Write) -> None:
    assert codec.decode(write({"type": "ping", "nonce": "é"})) == Ping(nonce="é")
    assert codec.decode(write({"type": "goodbye"})) == Goodbye()
    submit = codec.decode(write(SUBMIT))
    assert isinstance(submit, SubmitChat)
    assert submit.request.messages[0].content == "Hello"


@BOTH
def test_a_null_means_not_given(codec: Codec, write: Write) -> None:
    document = {**SUBMIT, "priority": None, "request": {**REQUEST, "temperature": None, "n": None}}
    submit = codec.decode(write(document))
    assert isinstance(submit, SubmitChat)
    assert submit.request.temperature == 1.0
    assert submit.priority == "normal"


@BOTH
def test_a_whole_number_may_be_written_as_a_float_and_never_as_text(
    codec: Codec, write: Write
) -> None:
    submit = codec.decode(write({**SUBMIT, "deadline_ms": 256.0}))
    assert isinstance(submit, SubmitChat)
    assert submit.deadline_ms == 256
    assert refusal(codec, write({**SUBMIT, "deadline_ms": "256"})).param == "deadline_ms"
    assert refusal(codec, write({**SUBMIT, "deadline_ms": 0.5})).param == "deadline_ms"
    assert refusal(codec, write({**SUBMIT, "deadline_ms": float(1 << 60)})).param == "deadline_ms"


@BOTH
def test_unknown_fields_are_ignored(codec: Codec, write: Write) -> None:
    assert codec.decode(write({"type": "hello", "protocol": 1, "mood": [{}]})) == Hello(protocol=1)


@BOTH
@pytest.mark.parametrize("tag", [None, 7, "", "welcome", "Hello", ["hello"]])
def test_an_unknown_tag_is_named_as_such(codec: Codec, write: Write, tag: object) -> None:
    error = refusal(codec, write({"type": tag, "job": "j"}))
    assert (error.code, error.param, error.job) == (ErrorCode.UNKNOWN_MESSAGE, "type", None)
    assert refusal(codec, write({})).code is ErrorCode.UNKNOWN_MESSAGE


@BOTH
@pytest.mark.parametrize(
    ("changes", "code", "param"),
    [
        ({"request": None}, ErrorCode.INVALID_REQUEST, "request"),
        ({"request": []}, ErrorCode.INVALID_REQUEST, "request"),
        ({"request": {"model": "m"}}, ErrorCode.INVALID_REQUEST, "request.messages"),
        ({"request": {**REQUEST, "temperature": "x"}}, ErrorCode.INVALID_REQUEST,
         "request.temperature"),
        ({"request": {**REQUEST, "messages": [{"role": "user"}]}}, ErrorCode.INVALID_REQUEST,
         "request.messages[0].content"),
        ({"request": {**REQUEST, "messages": [{"role": "bard", "content": "x"}]}},
         ErrorCode.INVALID_REQUEST, "request.messages[0].role"),
        ({"request": {**REQUEST, "tools": [{}]}}, ErrorCode.INVALID_REQUEST,
         "request.tools[0].function"),
        ({"request": {**REQUEST, "messages": [{"role": "user", "content": [{"type": "file"}]}]}},
         ErrorCode.UNSUPPORTED, "request.messages[0].content[0]"),
        ({"request": {**REQUEST, "functions": [{}]}}, ErrorCode.UNSUPPORTED, "request.functions"),
        ({"priority": "urgent"}, ErrorCode.INVALID_REQUEST, "priority"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_order_is_its_jobs_failure(
    codec: Codec, write: Write, changes: dict[str, object], code: ErrorCode, param: str
) -> None:
    error = refusal(codec, write({**SUBMIT, **changes}))
    assert (error.code, error.param, error.job) == (code, param, "j")
    assert error.message


@BOTH
def test_a_wrong_role_is_told_with_the_right_ones(codec: Codec, write: Write) -> None:
    messages = [{"role": "bard", "content": "x"}]
    for document in (
        {**SUBMIT, "request": {**REQUEST, "messages": messages}},
        {"type": "prepare", "job": "j", "model": "m", "messages": messages},
    ):
        assert "assistant" in refusal(codec, write(document)).message


@BOTH
def test_what_is_to_be_prepared_must_say_something(codec: Codec, write: Write) -> None:
    prepare = {"type": "prepare", "job": "j", "model": "m", "messages": MESSAGES}
    assert isinstance(codec.decode(write(prepare)), Prepare)
    error = refusal(codec, write({**prepare, "messages": [{"role": "system"}]}))
    assert (error.param, error.job) == ("messages[0].content", "j")
    error = refusal(codec, write({**prepare, "tools": [{"function": {"name": "a b"}}]}))
    assert (error.param, error.job) == ("tools[0].function.name", "j")


@BOTH
@pytest.mark.parametrize("job", [None, 7, "", "x" * 129])
def test_a_job_without_a_name_cannot_fail(codec: Codec, write: Write, job: object) -> None:
    error = refusal(codec, write({**SUBMIT, "job": job}))
    assert (error.param, error.job) == ("job", None)


@BOTH
def test_only_what_begins_a_job_can_fail_as_one(codec: Codec, write: Write) -> None:
    assert refusal(codec, write({"type": "heard", "job": "j"})).job is None


@BOTH
def test_nesting_is_bounded(codec: Codec, write: Write) -> None:
    def nested(depth: int) -> object:
        value: object = 1
        for _ in range(depth - 1):
            value = [value]
        return {"type": "ping", "mood": value}

    assert codec.decode(write(nested(MAX_DEPTH))) == Ping()
    for depth in (MAX_DEPTH + 1, 500):
        assert "nested" in refusal(codec, write(nested(depth))).message


@pytest.mark.parametrize("codec", [JsonCodec(), MsgpackCodec()])
def test_a_frame_of_a_byte_too_much_is_not_read(codec: Codec) -> None:
    error = refusal(codec, b" " * (MAX_FRAME_BYTES + 1))
    assert error.code is ErrorCode.TOO_LARGE
    assert str(MAX_FRAME_BYTES) in error.message
    assert refusal(codec, b" " * MAX_FRAME_BYTES).code is ErrorCode.INVALID_REQUEST


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"{", b"[]", b"null", b'"ping"', b"\xff", b'{"type": "ping"} x',
        b'{"type": "ping", "type": "ping"}', b'{"type": "ping", "mood": {"a": 1, "a": 1}}',
        b'{"type": "ping", "mood": NaN}', b'{"type": "ping", "mood": -Infinity}',
        b'{"type": "ping", "mood": 1e999}', b'{"type": "ping", "mood": ' + b"9" * 9999 + b"}",
        b'{"type": "ping", "nonce": "\\ud800"}', b"[" * 100_000, b'{"a":' * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_json_is_refused(frame: bytes) -> None:
    error = refusal(JsonCodec(), frame)
    assert error.code is ErrorCode.INVALID_REQUEST
    assert error.message
    assert "body" not in error.message


PING = b"\x82\xa4type\xa4ping\xa4mood"


@pytest.mark.parametrize(
    "frame",
    [
        b"", b"\x81", b"\xc1", b"\xc0", b"\x90", b"\x80\x80", b"\x01", b"\xa4ping",
        b"\xdf\xff\xff\xff\xff", b"\xdd\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff",
        b"\x91" * 5000, b"\x81\xa1a" * 5000, b"\x81\x01\x01", b"\x81\xc4\x01a\x01",
        b"\x81\x90\x01", b"\x82\xa1a\x01\xa1a\x01", b"\x81\xa1\xff\x01",
        PING + b"\xc4\x01a", PING + b"\xc4\x00", PING + b"\xc6\xff\xff\xff\xff",
        PING + b"\xd4\x01\x01", PING + b"\xc7\x00\x01", PING + b"\xd6\xff\x00\x00\x00\x00",
        PING + b"\xc9\xff\xff\xff\xff\x01", PING + b"\xcb" + b"\x7f\xf8" + bytes(6),
        PING + b"\xca\x7f\x80\x00\x00", PING + b"\xcb\xff\xf0" + bytes(6),
        PING + b"\xdd\x00\x02\x00\x00" + b"\x90" * 0x20000,
        PING + b"\xdd\x00\x0f\xff\xe0" + b"\x80" * 0xFFFE0,
    ],
)  # fmt: skip
def test_what_is_no_plain_msgpack_is_refused(frame: bytes) -> None:
    error = refusal(MsgpackCodec(), frame)
    assert error.code is ErrorCode.INVALID_REQUEST
    assert error.message


def test_a_bomb_is_refused_before_it_is_large() -> None:
    full = (MAX_VALUES - 2) // 2  # The message has two, and an empty map costs as much as two.
    frame = PING + b"\xdd" + full.to_bytes(4, "big") + b"\x80" * full
    assert MsgpackCodec().decode(frame) == Ping()
    for value in (b"\x80", b"\x00"):
        frame = PING + b"\xdd" + MAX_VALUES.to_bytes(4, "big") + value * MAX_VALUES
        assert str(MAX_VALUES) in refusal(MsgpackCodec(), frame).message


@pytest.mark.parametrize("path", VECTORS, ids=lambda path: path.stem)
def test_every_vector_is_read_alike_in_json_and_msgpack(path: Path) -> None:
    for case in json.loads(path.read_text(encoding="utf-8"))["cases"]:
        name, text = case["name"], case["text"].encode()
        verdict = judge(JsonCodec(), text)
        if name.startswith("invalid."):
            assert isinstance(verdict, tuple), name
            assert verdict[1] == case.get("param"), name
        elif isinstance(
            verdict, tuple
        ):  # Its shape is right, but it cannot be met or says nothing.
            unmet = verdict[0] is ErrorCode.UNSUPPORTED
            assert unmet or "messages[" in str(verdict[1]) or "logit_bias" in str(verdict[1]), name
        with contextlib.suppress(HearsayError, OverflowError):  # Not all JSON is msgpack.
            assert judge(MsgpackCodec(), as_msgpack(parse(text))) == verdict, name


def judge(codec: Codec, frame: bytes) -> object:
    try:
        return codec.decode(frame)
    except FrameError as error:
        return error.code, error.param


ANSWERS = [
    Pong(nonce="\x00é\N{CASTLE}"),
    JobChunk(job="j", offset=3, text="日本語"),
    JobChunk(job="j", index=1, offset=3, text="a\nb", reasoning=True),
]


@pytest.mark.parametrize("message", ANSWERS)
def test_an_answer_is_the_same_in_either_form(message: Any) -> None:
    document = json.loads(JsonCodec().encode(message))
    assert msgpack.unpackb(MsgpackCodec().encode(message)) == document
    assert document["type"] in {"pong", "job_chunk"}
    assert "\n" not in JsonCodec().encode(message).decode()


def test_codecs_say_whether_they_are_text() -> None:
    assert JsonCodec().text
    assert not MsgpackCodec().text


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(1 << 63), (1 << 64) - 1)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(["type", "job", "request"]), inner)
    ),
    max_leaves=20,
)
fields = st.dictionaries(
    st.sampled_from([*SubmitChat.__struct_fields__, *Hello.__struct_fields__, "mood"]), anything
)
tags = st.sampled_from(["hello", "submit_chat", "prepare", "heard", "ping", "pace", "cancel_job"])


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_a_message_or_refused(frame: bytes) -> None:
    judge(JsonCodec(), frame)
    judge(MsgpackCodec(), frame)


@settings(deadline=None)
@given(tags, fields)
def test_messages_of_any_shape_are_read_or_refused_and_alike(
    tag: str, document: dict[str, object]
) -> None:
    document = {**document, "type": tag}
    verdict = judge(MsgpackCodec(), as_msgpack(document))
    try:
        text = json.dumps(document, allow_nan=False).encode()
    except (TypeError, ValueError):
        return  # Raw bytes or no finite number, at a place that nobody looks at or that is refused.
    alike = judge(JsonCodec(), text)
    assert type(alike) is type(verdict)
    if not isinstance(verdict, tuple):
        assert alike == verdict


@BOTH
def test_what_is_probably_a_slip_is_let_pass_and_told(codec: Codec, write: Write) -> None:
    slips: list[str] = []
    asked = {**REQUEST, "temperatur": 1.0, "priority": "interactive", "verbosity": 1}
    codec.decode(write({**SUBMIT, "request": asked, "dedline_ms": 1}), slips.append)
    assert slips == [
        "unknown field 'dedline_ms' (did you mean 'deadline_ms'?)",
        "unknown field 'request.temperatur' (did you mean 'temperature'?)",
        "field 'request.priority' (it has no effect there; put it beside 'request')",
    ]
    codec.decode(write({**SUBMIT, "request": asked}))
