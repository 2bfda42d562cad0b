"""Thinking, calls and probabilities of the embedded model, and how they survive its death."""

from __future__ import annotations

import json
import os
import signal
from typing import Any

import jsonschema

from bridge.protocol import (
    ChatMessage,
    FinishReason,
    JsonSchemaFormat,
    ResponseFormat,
    Role,
    Sampling,
)
from bridge.worker.messages import Submit, Wrote
from tests.worker.gateway import Gateway

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "maxLength": 12},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["item", "count"],
    "additionalProperties": False,
}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "order_food", "parameters": SCHEMA}},
    {"type": "function", "function": {"name": "open_door"}},
]
THINKS: dict[str, Any] = {"template_kwargs": {"enable_thinking": True}, "max_tokens": 96}
LLAMA: dict[str, Any] = {"backend": "llama", "slots": 8, "context": 2048}


class Reply:
    """All that was said of one reply, put together."""

    def __init__(self, gateway: Gateway, job: str, index: int = 0) -> None:
        wrote = [o for o in gateway.outputs[job] if isinstance(o, Wrote) and o.index == index]
        self.text = "".join(each.text for each in wrote)
        self.reasoning = "".join(each.reasoning for each in wrote)
        self.calls: dict[int, tuple[str, str]] = {}
        for call in (call for each in wrote for call in each.calls):
            name, arguments = self.calls.get(call.number, (call.name or "", ""))
            self.calls[call.number] = name, arguments + call.arguments
        scores = [score for each in wrote for score in each.scores]
        shown = [is_text for each in wrote for is_text in each.shown]
        self.tokens = [
            score.token for score, is_text in zip(scores, shown, strict=False) if is_text
        ]
        self.scores = scores
        self.finished = next(f for f in gateway.finished(job) if f.index == index)

    def told(self) -> tuple[object, ...]:
        return self.text, self.reasoning, self.calls, self.tokens


async def test_thinking_calls_and_probabilities() -> None:
    async with Gateway(**LLAMA) as gateway:
        gateway.submit("thinks", "Any rumors?", **THINKS, top_logprobs=3)
        gateway.submit("brief", "Any rumors?", **THINKS, reasoning_budget=2)
        gateway.submit("plain", "Any rumors?", max_tokens=40, top_logprobs=0)
        gateway.submit("must", "A stew.", tools=TOOLS, must_call=True, max_tokens=90)
        named = {"tools": TOOLS, "must_call": True, "tool": "order_food", "single_call": True}
        gateway.submit("named", "Hello", **named, choices=4, max_tokens=90)
        await gateway.all_over()
        thinks, brief, plain = (Reply(gateway, job) for job in ("thinks", "brief", "plain"))
        assert thinks.reasoning
        assert 0 < thinks.finished.reasoning_tokens < thinks.finished.completion_tokens
        assert thinks.text == "".join(thinks.tokens)
        assert all(len(score.top_logprobs) == 3 for score in thinks.scores)
        first = thinks.scores[0]
        assert first.logprob == first.top_logprobs[0].logprob, "greedy takes the likeliest"
        assert brief.finished.reasoning_tokens <= 4
        assert brief.text
        assert plain.reasoning == ""
        assert plain.text == "".join(plain.tokens)
        for job, index in (("must", 0), *(("named", index) for index in range(4))):
            check_calls(Reply(gateway, job, index))


def check_calls(reply: Reply) -> None:
    assert reply.text == ""
    assert reply.finished.reason is FinishReason.TOOL_CALLS
    for name, arguments in reply.calls.values():
        read = json.loads(arguments)
        if name == "order_food":
            jsonschema.validate(read, SCHEMA)


async def test_a_form_waits_for_the_thinking_and_results_are_read() -> None:
    form = ResponseFormat(
        type="json_schema", json_schema=JsonSchemaFormat(name="order", schema=SCHEMA)
    )
    async with Gateway(**LLAMA) as gateway:
        gateway.submit("form", "A stew.", **THINKS, form=form)
        gateway.submit("either", "A stew.", tools=TOOLS, form=form, max_tokens=90)
        gateway.send(opened_gate("results"))
        await gateway.all_over()
        reply = Reply(gateway, "form")
        assert reply.reasoning
        jsonschema.validate(json.loads(reply.text), SCHEMA)
        either = Reply(gateway, "either")
        if either.calls:
            check_calls(either)
        else:
            jsonschema.validate(json.loads(either.text), SCHEMA)
        assert Reply(gateway, "results").text


def opened_gate(job: str) -> Submit:
    call: dict[str, Any] = {
        "id": "a",
        "type": "function",
        "function": {"name": "open_door", "arguments": "{}"},
    }
    return Submit(
        job=job,
        messages=[
            ChatMessage(Role.USER, "Open the gate"),
            ChatMessage(Role.ASSISTANT, tool_calls=[call]),
            ChatMessage(Role.TOOL, "opened", tool_call_id="a"),
        ],
        sampling=Sampling(temperature=0),
        tools=TOOLS,
        max_tokens=40,
    )


async def test_a_reply_that_thinks_and_calls_goes_on_after_deaths() -> None:
    wish = {**THINKS, "tools": TOOLS, "must_call": True, "top_logprobs": 1, "choices": 4}
    async with Gateway(**LLAMA) as gateway:
        gateway.submit("calm", "A stew, please.", **wish)
        await gateway.all_over()
        for cut in (3, 20):
            job = f"cut at {cut}"
            gateway.submit(job, "A stew, please.", **wish)
            await gateway.until(lambda: len(gateway.ids(job)) >= cut)  # noqa: B023 - awaited here
            pid = gateway.supervisor.pid
            assert pid
            os.kill(pid, getattr(signal, "SIGKILL", signal.SIGTERM))
            await gateway.all_over()
            for index in range(4):
                assert Reply(gateway, job, index).told() == Reply(gateway, "calm", index).told()
