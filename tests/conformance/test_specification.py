"""The specification of chat completions, sample by sample, against a real sidecar."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

SAMPLES = Path(__file__).parents[2] / "samples"
MODEL = "in-memory::meta-llama/Llama-3.2-3B-Instruct-Q4_K_M"
HELLO = [{"role": "user", "content": "What is the capital of France?"}]
USUAL_ADDRESS = "http://localhost:11434"


@pytest.fixture
def client(sidecar: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sidecar, trust_env=False, timeout=120) as client:
        yield client


def ask(client: httpx.Client, **fields: object) -> httpx.Response:
    body = {"model": MODEL, "messages": HELLO, "max_tokens": 16, **fields}
    return client.post("/v1/chat/completions", json=body)


def sample(path: str, sidecar: str) -> str:
    text = (SAMPLES / path).read_text("utf-8")
    assert USUAL_ADDRESS in text
    return text.replace(USUAL_ADDRESS, sidecar)


def output(command: list[str], text: str | None = None) -> str:
    run = subprocess.run(
        command, input=text, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


@pytest.mark.parametrize("name", ["system_prompt.py", "multi_turn.py", "streaming.py"])
def test_the_python_samples_run(sidecar: str, name: str) -> None:
    assert output([sys.executable, "-X", "utf8", "-"], sample(f"python/{name}", sidecar)).strip()


def test_the_curl_sample_runs_and_is_answered_in_the_printed_form(sidecar: str) -> None:
    script = sample("curl/basic_request.sh", sidecar)
    # No shell: the sample is one command, and Windows has curl but no sh.
    command = shlex.split(script.replace("\\\n", " "))
    answer = json.loads(output([*command, "--silent", "--show-error", "--noproxy", "*"]))
    [choice] = answer["choices"]
    usage = answer["usage"]
    assert re.fullmatch("chatcmpl-[0-9a-z]+", answer["id"])
    assert answer["object"] == "chat.completion"
    assert isinstance(answer["created"], int)
    assert answer["model"] == "meta-llama/Llama-3.2-3B-Instruct-Q4_K_M"
    assert choice["index"] == 0
    assert choice["message"]["role"] == "assistant"
    assert isinstance(choice["message"]["content"], str)
    assert choice["finish_reason"] in {"stop", "length"}
    assert usage["prompt_tokens"] > 0
    assert usage["completion_tokens"] > 0
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def test_a_stream_has_the_printed_form(client: httpx.Client) -> None:
    answer = ask(client, stream=True)
    *frames, end, rest = answer.text.split("\n\n")
    assert (end, rest) == ("data: [DONE]", "")
    chunks = [json.loads(frame.removeprefix("data: ")) for frame in frames]
    first, *middle, last = [chunk["choices"][0] for chunk in chunks]
    assert (first["delta"], first["finish_reason"]) == ({"role": "assistant"}, None)
    for choice in middle:
        assert choice["delta"].keys() == {"content"}
        assert choice["finish_reason"] is None
    assert last["delta"] == {}
    assert last["finish_reason"] in {"stop", "length"}
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1


def test_streamed_and_plain_text_of_one_seed_are_equal(client: httpx.Client) -> None:
    plain = ask(client, seed=7, max_tokens=32).json()["choices"][0]["message"]["content"]
    frames = ask(client, seed=7, max_tokens=32, stream=True).text.split("\n\n")[:-2]
    chunks = [json.loads(frame.removeprefix("data: ")) for frame in frames]
    assert plain == "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)


def test_length_is_the_finish_reason_at_max_tokens(client: httpx.Client) -> None:
    answer = ask(client, max_tokens=3, ignore_eos=True).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 3


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0.1},
        {"temperature": 1.2},
        {"response_format": None},
        {"enable_thinking": None},
        {"enable_thinking": True},
        {"stream": False},
        {"model": MODEL.removeprefix("in-memory::")},
        {"model": "in-memory::hearsay/tavern"},
        {"messages": [{"role": "system", "content": "You are Boris."}, *HELLO]},
    ],
)
def test_every_parameter_of_the_page_is_taken(
    client: httpx.Client, fields: dict[str, object]
) -> None:
    answer = ask(client, **fields)
    assert answer.status_code == 200, answer.text


def test_an_unknown_model_is_the_printed_error(client: httpx.Client) -> None:
    answer = ask(client, model="nonexistent-model")
    assert answer.status_code == 400
    assert answer.json() == {
        "error": {
            "message": "Model 'nonexistent-model' not found",
            "type": "invalid_request_error",
            "param": "model",
            "code": None,
        }
    }


def test_malformed_json_is_a_bad_request(client: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    answer = client.post("/v1/chat/completions", content=b'{"model": ', headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]["type"] == "invalid_request_error"
