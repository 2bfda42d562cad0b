"""A conversation that has grown too long is refused with the numbers, or shortened as asked."""

from __future__ import annotations

import httpx
import pytest

from tests.sidecar import CONTEXT


def _ask(sidecar: str, **fields: object) -> httpx.Response:
    talk = [{"role": "system", "content": "You are Boris, a keeper."}]
    for turn in range(80):
        talk.append({"role": "user", "content": f"Tell me about rumor number {turn}, keeper!"})
        talk.append({"role": "assistant", "content": "I have not heard that one yet."})
    talk.append({"role": "user", "content": "What is your name?"})
    body = {"model": "hearsay/tavern", "messages": talk, "max_tokens": 16, **fields}
    with httpx.Client(base_url=sidecar, trust_env=False, timeout=60) as client:
        return client.post("/v1/chat/completions", json=body)


def test_without_a_policy_it_is_refused(sidecar: str) -> None:
    answer = _ask(sidecar)
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert (error["code"], error["param"]) == ("context_length_exceeded", "messages")
    assert str(CONTEXT) in error["message"]
    assert "context_policy" in error["message"]


@pytest.mark.parametrize("stream", [False, True])
def test_with_one_it_is_answered_and_told_what_was_left_out(sidecar: str, stream: bool) -> None:
    answer = _ask(sidecar, context_policy="truncate_oldest", stream=stream)
    assert answer.status_code == 200
    dropped = int(answer.headers["x-hearsay-dropped-messages"])
    assert 0 < dropped < 160
    if not stream:
        usage = answer.json()["usage"]
        assert usage["prompt_tokens"] <= CONTEXT - 16
        assert usage["prompt_tokens_details"]["dropped_messages"] == dropped


def test_an_unknown_policy_is_named(sidecar: str) -> None:
    error = _ask(sidecar, context_policy="forget").json()["error"]
    assert error["param"] == "context_policy"


def test_a_summary_takes_the_place_of_what_was_left_out(sidecar: str) -> None:
    details: dict[str, int] = {}
    for _ in range(100):  # It is written when there is time, beside the requests that wait for it.
        answer = _ask(sidecar, context_policy="summarize", priority="speculative")
        details = answer.json()["usage"]["prompt_tokens_details"]
        if details.get("summarized_messages") == details["dropped_messages"]:
            break  # It took several: the first can take in only so much.
    assert details["summarized_messages"] == details["dropped_messages"] > 0
