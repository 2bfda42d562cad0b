"""What a program gets wrong is told to it at once, and not only to the sidecar's notices."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from bridge.client import AsyncHearsay, ConnectionLostError, ErrorCode, Hearsay, HearsayError
from bridge.client.options import checked
from bridge.protocol import Heard
from tests.client.serving import MODEL, REQUEST, TOKEN, Serving
from tests.client.test_asynchronous import QUICK, connect

DOOR = {
    "type": "function",
    "function": {
        "name": "open_door",
        "parameters": {"type": "object", "properties": {"door": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    ("call", "wrong", "param"),
    [
        ("pace", {"mode": "ful"}, "mode"),
        ("pace", {"mode": "full", "share": 5}, "share"),
        ("pace", {"mode": "full", "frame_ms": "16"}, "frame_ms"),
        ("heard", {"job": "j", "characters": -1}, "characters"),
        ("heard", {"job": "j", "characters": 1, "index": 99}, "index"),
        ("release", {"job": ""}, "job"),
        ("tool_result", {"job": "j", "call": "c", "content": None}, "content"),
        ("load_model", {"model": "nobody/none"}, "model"),
        ("unload_model", {"model": "nobody/none"}, "model"),
    ],
)
async def test_a_wrong_value_raises_and_names_the_field(
    sidecar: Serving, call: str, wrong: dict[str, Any], param: str
) -> None:
    async with connect(sidecar) as client:
        with pytest.raises(HearsayError) as error:
            getattr(client, call)(**wrong)
        assert error.value.param == param


async def test_a_wrong_priority_of_what_is_to_be_prepared_raises(sidecar: Serving) -> None:
    async with connect(sidecar) as client:
        lore = [{"role": "system", "content": "x"}]
        with pytest.raises(HearsayError) as error:
            await client.prepare(MODEL, lore, priority="urgent")
        assert error.value.param == "priority"


async def test_an_unknown_model_is_told_with_those_that_there_are(sidecar: Serving) -> None:
    async with connect(sidecar) as client:
        with pytest.raises(HearsayError, match=MODEL) as error:
            client.load_model("tavern")
        assert error.value.code is ErrorCode.MODEL_NOT_FOUND
        client.load_model(f"in-memory::{MODEL}")


def test_a_message_that_is_right_stays_as_it_is() -> None:
    assert checked(Heard(job="j", characters=3)) == Heard(job="j", characters=3)


async def test_an_address_where_nobody_listens_is_told_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(ConnectionLostError) as error:
        await AsyncHearsay.connect(address, patience=QUICK)
    assert error.value.message.startswith(f"Nobody answers at {address} (")
    assert "hearsay serve" in error.value.message


async def test_functions_that_fit_no_tool_are_in_the_log(
    sidecar: Serving, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(sidecar) as client:
        await client.stream_chat_completions(
            {**REQUEST, "tools": [DOOR]}, tools={"open_dor": lambda door: door}
        )
        wish = {**REQUEST, "tools": [DOOR]}
        await client.stream_chat_completions(wish, tools={"open_door": lambda dor, *, key=1: dor})
        await client.stream_chat_completions(wish, tools={"open_door": lambda **any_of: any_of})
        await client.stream_chat_completions(wish, tools={"open_door": dict})
    slip = "there is a function for 'open_dor', and the request has no such tool"
    assert caplog.messages[:4] == [
        f"{slip} (did you mean 'open_door'?)",
        "the model may call 'open_door', and there is no function for it",
        "'open_door' may be called with 'door', which its function lacks",
        "the function for 'open_door' needs 'dor', which its tool does not have",
    ]


def test_what_a_function_takes_is_seen_through_the_thread_that_it_runs_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    from bridge.client.tools import Toolbox, in_threads

    Toolbox(in_threads({"open_door": lambda door: door}), lambda *_: None, [DOOR])
    assert caplog.messages == []
    Toolbox(in_threads({"open_door": lambda dor: dor}), lambda *_: None, [DOOR])
    assert len(caplog.messages) == 2


@pytest.mark.parametrize(
    ("tools", "told"), [([DOOR], "descriptions"), ({"open_door": None}, "'open_door'")]
)
@pytest.mark.parametrize("stream", [True, False])
async def test_what_is_no_function_raises(
    sidecar: Serving, tools: Any, told: str, stream: bool
) -> None:
    async with connect(sidecar) as client:
        ask = client.stream_chat_completions if stream else client.async_chat_completions
        with pytest.raises(HearsayError, match=told) as error:
            await ask({**REQUEST, "tools": [DOOR]}, tools=tools)
        assert error.value.param == "tools"


def test_the_blocking_client_raises_the_same() -> None:
    hearsay = Hearsay.connect("http://127.0.0.1:1", token=TOKEN, patience=QUICK)
    with pytest.raises(ConnectionLostError, match=r"^Nobody answers at http://127\.0\.0\.1:1 "):
        hearsay.open()
