"""Calls are held to their schema in every family's form, with a real vocabulary."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema
import pytest

from bridge.chat.manner import Manner
from bridge.chat.template import ChatTemplate
from bridge.engine.constraint import Constraint
from bridge.engine.guidance import GuidanceCompiler
from bridge.engine.llama.backend import LlamaBackend, LlamaOptions
from bridge.errors import HearsayError
from bridge.models.store import embedded_path
from bridge.protocol import Json, Sampling
from bridge.worker.compiling import CompileDesk
from bridge.worker.messages import Submit
from bridge.worker.replies import Replies
from tests.chat import transcripts as marks

ORDER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "item": {"type": "string", "maxLength": 9, "pattern": "^[a-z]"},
        "count": {"type": "integer", "minimum": 1, "maximum": 9},
        "with": {"type": "array", "items": {"enum": ["salt", "bread"]}, "maxItems": 2},
        "hot": {"type": "boolean"},
    },
    "required": ["item", "count"],
    "additionalProperties": False,
}
EMPTY: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}
SCHEMAS: dict[str, Any] = {"order": ORDER, "orders": EMPTY}
TOOLS: list[Any] = [
    {"type": "function", "function": {"name": "order", "parameters": ORDER}},
    {"type": "function", "function": {"name": "orders", "parameters": EMPTY}},
]


@dataclass(frozen=True)
class Family:
    """
    A template's marks, and how a reply begins: one that may call, and one that must.

    All else of it is drawn at random.
    """

    template: str
    lead: str
    must: str = ""


HEADER = "<|channel|>commentary to=functions.order <|constrain|>json<|message|>"
FAMILIES = {
    "hermes": Family(marks.HERMES, "At once.\n<tool_call>"),
    "qwen-coder": Family(marks.CODER, "Yes. <tool_call>"),
    "llama": Family(marks.LLAMA, '{"name": "order"'),
    "llama, tagged": Family(marks.LLAMA, "Yes. <|python_tag|>"),
    "mistral": Family(marks.MISTRAL + "[ARGS]", "[TOOL_CALLS]"),
    "mistral-id": Family(marks.MISTRAL + "[CALL_ID][ARGS]", "[TOOL_CALLS]"),
    "mistral-list": Family(marks.MISTRAL, "[TOOL_CALLS]"),
    "gemma": Family(marks.GEMMA, "Ho<|tool_call>"),
    "function-gemma": Family("{{ tools }}<start_function_call>", "<start_function_call>"),
    "deepseek": Family(marks.DEEPSEEK, "<\uff5ctool\u2581calls\u2581begin\uff5c>"),
    "deepseek-r1": Family(marks.DEEPSEEK + "```json", "<\uff5ctool\u2581calls\u2581begin\uff5c>"),
    "granite": Family(marks.GRANITE, "<|tool_call|>"),
    "functionary": Family("{{ tools }}<function=example_function_name>{", "<function="),
    "harmony": Family(marks.HARMONY, HEADER, HEADER),
}


@cache
def backend() -> LlamaBackend:
    options = LlamaOptions(
        path=embedded_path(), slots=1, context=64, threads=1, gpu_layers=0, safe=True
    )
    return LlamaBackend(options, lambda _: None)


@cache
def compiler() -> GuidanceCompiler:
    return GuidanceCompiler(backend().token_table)


def replies(template: str) -> Replies:
    source = "{#" + template + "#}"
    return Replies(Manner(ChatTemplate(source), backend(), backend().control_texts), backend())


def drawn(mask: bytes, draw: random.Random) -> int:
    """Return one of the tokens that are allowed."""
    at = draw.choice([at for at, byte in enumerate(mask) if byte])
    return 8 * at + draw.choice([bit for bit in range(8) if mask[at] >> bit & 1])


def written(replies: Replies, submit: Submit, lead: str, draw: random.Random) -> Iterator[Any]:
    """Yield the calls of a reply that begins with `lead` and goes on at random, if it ends."""
    flow = replies.flow(submit, "")
    compiled = compiler().compile(next(replies.drafts(submit)).lark)
    constraint = replies.constraint(submit, compiled, flow)
    assert constraint
    leading = backend().tokenize(lead, special=False, start=False)
    ends = backend().token_table.ends
    for _ in range(400):
        token = leading.pop(0) if leading else -1
        if flow.answering:
            allowed = constraint.allowed()
            token = drawn(allowed, draw) if token < 0 else token
            assert allowed[token // 8] >> token % 8 & 1
            constraint.accept(token)
        elif token < 0:
            break  # All that comes now is free.
        if token in ends:
            break
        flow.push(token, backend().piece(token))
        if flow.stopped or constraint.finished:
            break
    else:
        return
    flow.finish()
    told: dict[int, list[str]] = {}
    for call in flow.take().calls:
        told.setdefault(call.number, [call.name or "", ""])[1] += call.arguments
    yield from told.values()


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("wish", [{}, {"must_call": True}], ids=["may call", "must call"])
def test_whatever_a_model_draws_a_call_is_valid(name: str, wish: dict[str, Any]) -> None:
    family = FAMILIES[name]
    made = replies(family.template)
    submit = Submit(job="a", messages=[], sampling=Sampling(), tools=TOOLS, **wish)
    lead = family.must if wish else family.lead
    calls = 0
    for seed in range(12):
        for tool, arguments in written(made, submit, lead, random.Random(seed)):
            jsonschema.validate(json.loads(arguments), SCHEMAS[tool])
            calls += 1
    assert calls > 2


HELD = [
    *("hermes", "hermes thinks", "qwen coder", "functionary", "deepseek calls", "deepseek 3.1"),
    *("granite calls", "function gemma", "llama", "llama tagged and twice"),
    *("harmony calls", "harmony addressed first", "strings hide brackets", "harmony", "qwen"),
    *("llama json", "llama other"),
]
"""Transcripts of calls as the families write them, and of replies that only look like calls."""


@pytest.mark.parametrize("name", HELD)
def test_what_a_family_writes_is_free_or_a_call_that_may_be_written(name: str) -> None:
    transcript = next(each for each in marks.TRANSCRIPTS if each.name == name)
    tools: list[Any] = [
        {"type": "function", "function": {"name": tool, "parameters": parameters}}
        for tool, parameters in marks.TOOLS.items()
    ]
    made = replies(transcript.template)
    submit = Submit(job="a", messages=[], sampling=Sampling(), tools=tools)
    flow = made.flow(submit, transcript.prompt)
    compiled = compiler().compile(next(made.drafts(submit)).lark)
    constraint = made.constraint(submit, compiled, flow)
    assert constraint
    for token in backend().tokenize(transcript.written, special=False, start=False):
        if flow.answering:
            constraint.accept(token)
        flow.push(token, backend().piece(token))
    flow.finish()
    assert flow.called is bool(transcript.calls)


def outcome(made: Replies, submit: Submit) -> Constraint | HearsayError | None:
    """Return what the desk makes of a job."""
    desk = CompileDesk(compiler(), time.monotonic)
    desk.order(submit, made.drafts(submit))
    pause = threading.Event()
    for _ in range(6000):
        for _, found in desk.finished():
            return found
        pause.wait(0.01)
    raise AssertionError("no outcome")


UNCOMPILED: dict[str, Json] = {
    "type": "object",
    "properties": {"on": {"oneOf": [{"type": "integer"}, {"type": "integer", "multipleOf": 2}]}},
}
"""What the compiler alone knows to be beyond it."""


def offered(name: str, parameters: Json, **told: Json) -> dict[str, Json]:
    return {"type": "function", "function": {"name": name, "parameters": parameters, **told}}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("wish", [{}, {"must_call": True}], ids=["may call", "must call"])
def test_a_schema_that_does_not_compile_frees_its_own_tool_alone(
    name: str, wish: dict[str, Any]
) -> None:
    made = replies(FAMILIES[name].template)
    tools = [*TOOLS, offered("odd", UNCOMPILED)]
    submit = Submit(job="a", messages=[], sampling=Sampling(), tools=tools, **wish)
    found = outcome(made, submit)
    assert not isinstance(found, HearsayError), found
    whole = Submit(job="a", messages=[], sampling=Sampling(), tools=tools, tool="odd", **wish)
    assert not isinstance(outcome(made, whole), HearsayError)


def test_a_strict_one_that_does_not_compile_is_named() -> None:
    made = replies(marks.HERMES)
    for only in (None, "odd"):
        tools = [*TOOLS, offered("odd", UNCOMPILED, strict=True)]
        submit = Submit(job="a", messages=[], sampling=Sampling(), tools=tools, tool=only)
        found = outcome(made, submit)
        assert isinstance(found, HearsayError)
        assert found.param == f"tools[{len(TOOLS)}].function.parameters"
        assert found.param in found.message
