# ruff: noqa: RUF001 - DeepSeek spells its tags with wide bars
"""How the models of each family write that they call a tool: data, and how a family is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Body(Enum):
    """What the arguments of a call are written as."""

    JSON = auto()
    """An object, passed on as it is written."""
    TAGS = auto()
    """`<parameter=key>value</parameter>`, until `</function>`."""
    GEMMA = auto()
    """`{key:value}` without quotes around keys, and strings in quotes of their own."""


_NAME = r"(?P<name>[\w.\-]{1,64})"
_KEYS = r'"(?:arguments|parameters)"\s*:\s*'
_OBJECT = r'\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"' + _NAME + r'"\s*,\s*' + _KEYS


@dataclass(frozen=True, slots=True)
class CallFormat:
    """
    One family's way of calling tools.

    `marks` are texts of a chat template that tell the family, all of them. A call begins with
    `opening`; `bare` ones need none and begin the reply. `head` matches from there to the
    arguments and names the tool; `more` is the head of a further call of the same list. After the
    arguments everything up to `end` is passed over. `prefix`, `middle` and `suffix` are how a
    call is written when a constraint writes it: prefix NAME middle ARGUMENTS suffix. In a list,
    `again` takes the place of prefix from the second call on, and `close` ends it.
    """

    name: str
    marks: tuple[str, ...]
    opening: str
    head: re.Pattern[str]
    end: str
    prefix: str
    middle: str
    suffix: str
    body: Body = Body.JSON
    more: re.Pattern[str] | None = None
    again: str = ""
    close: str = ""
    bare: bool = False
    quote: str = '"'
    identity: str = ""
    """The tag of an id of nine signs that comes before `middle`, where calls have one."""
    one_call: bool = False
    """Whether a message of the history can only have one call: the template sees no more."""


def _tagged(name: str, opening: str, end: str, marks: tuple[str, ...]) -> CallFormat:
    """A JSON object between two tags, as Hermes began it."""
    return CallFormat(
        name,
        marks,
        opening,
        re.compile(re.escape(opening) + r"\s*" + _OBJECT),
        end,
        opening + '{"name": "',
        '", "arguments": ',
        "}" + end,
    )


def _listed(name: str, opening: str, marks: tuple[str, ...]) -> CallFormat:
    """A tag and a JSON list of objects."""
    return CallFormat(
        name,
        marks,
        opening,
        re.compile(re.escape(opening) + r"\s*\[\s*" + _OBJECT),
        "]",
        opening + '[{"name": "',
        '", "arguments": ',
        "}",
        more=re.compile(_OBJECT),
        again=', {"name": "',
        close="]",
    )


def _deepseek(
    name: str, kind: str, before: str, after: str, between: str, marks: tuple[str, ...]
) -> CallFormat:
    """A list of calls, each between tags of its own; the older ones have fences and a kind."""
    sep = "<｜tool▁sep｜>"
    opening, call = "<｜tool▁calls▁begin｜>", "<｜tool▁call▁begin｜>"
    head = call + r"(?:function<｜tool▁sep｜>|(?!function<))" + _NAME + rf"(?:{sep}|\n```json\n)"
    begin = call + (kind + sep if kind else "")
    return CallFormat(
        name,
        ("<｜tool▁call▁begin｜>", sep, *marks),
        opening,
        re.compile(rf"(?:{opening})?\s*{head}"),
        "<｜tool▁calls▁end｜>",
        opening + begin,
        before or sep,
        after + "<｜tool▁call▁end｜>",
        more=re.compile(head),
        again=between + begin,
        close="<｜tool▁calls▁end｜>",
    )


def _mistral(name: str, identity: str) -> CallFormat:
    return CallFormat(
        name,
        ("[TOOL_CALLS]", identity, "[ARGS]"),
        "[TOOL_CALLS]",
        re.compile(r"\[TOOL_CALLS\]\s*" + _NAME + r"(?:\[CALL_ID\]\w*)?\[ARGS\]"),
        "",
        "[TOOL_CALLS]",
        "[ARGS]",
        "",
        identity=identity,
    )


HERMES = _tagged("hermes", "<tool_call>", "</tool_call>", ("<tool_call>",))
"""Hermes, Qwen 2.5 and 3, Granite 4, the embedded model, and whoever has no format of its own."""

LLAMA = CallFormat(
    "llama",
    ('"parameters": ', "ipython"),
    "<|python_tag|>",
    re.compile(r"(?:<\|python_tag\|>)?\s*" + _OBJECT),
    "}",
    '{"name": "',
    '", "parameters": ',
    "}",
    bare=True,
    one_call=True,
)
"""Llama 3: the reply is the object, with or without a tag before it."""

FORMATS = (
    CallFormat(
        "harmony",
        ("<|channel|>", "<|message|>"),
        "",
        re.compile(r"to=functions\." + _NAME),
        "<|call|>",
        "<|channel|>commentary to=functions.",
        " <|constrain|>json<|message|>",
        "",  # The tag ends the reply.
        one_call=True,
    ),
    CallFormat(
        "gemma",
        ("<|tool_call>call:",),
        "<|tool_call>",
        re.compile(r"<\|tool_call>\s*call:" + _NAME + r"(?=\{)"),
        "<tool_call|>",
        "<|tool_call>call:",
        "",
        "<tool_call|>",
        body=Body.GEMMA,
        quote='<|"|>',
    ),
    CallFormat(
        "function-gemma",
        ("<start_function_call>",),
        "<start_function_call>",
        re.compile(r"<start_function_call>\s*call:" + _NAME + r"(?=\{)"),
        "<end_function_call>",
        "<start_function_call>call:",
        "",
        "<end_function_call>",
        body=Body.GEMMA,
        quote="<escape>",
    ),
    CallFormat(
        "qwen-coder",
        ("<function=", "<parameter=", "<tool_call>"),
        "<tool_call>",
        re.compile(r"<tool_call>\s*<function=" + _NAME + r">\s*"),
        "</tool_call>",
        "<tool_call>\n<function=",
        ">\n",
        "</function>\n</tool_call>",
        body=Body.TAGS,
    ),
    CallFormat(
        "functionary",
        ("<function=example_function_name>{",),
        "<function=",
        re.compile(r"<function=" + _NAME + r">\s*"),
        "</function>",
        "<function=",
        ">",
        "</function>",
    ),
    _deepseek("deepseek-r1", "function", "\n```json\n", "\n```", "\n", ("```json",)),
    _deepseek("deepseek", "", "", "", "", ()),
    _mistral("mistral-id", "[CALL_ID]"),
    _mistral("mistral", ""),
    _listed("mistral-list", "[TOOL_CALLS]", ("[TOOL_CALLS]",)),
    HERMES,
    _listed("granite", "<|tool_call|>", ("<|tool_call|>",)),
    LLAMA,
)
"""The formats that are known; the first whose marks fit is a model's."""


def call_format(template: str) -> CallFormat | None:
    """Return the format of a model; None for one whose template tells none that is known."""
    for known in FORMATS:
        if all(mark in template for mark in known.marks):
            return known
    return None
