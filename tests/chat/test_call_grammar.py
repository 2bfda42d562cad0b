"""Calls as grammars: what llguidance makes of them is what the splitter reads as calls."""

from __future__ import annotations

import re

import pytest

from bridge.chat.call_grammar import CallGrammar
from bridge.chat.calls import FORMATS, HERMES, CallFormat
from bridge.chat.functions import functions
from bridge.engine.constraint import ConstraintError, TokenTable
from bridge.engine.guidance import GuidanceCompiler
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.lark import control, literal
from bridge.protocol import Json

END, TAG = 256, 257
DOOR: dict[str, Json] = {
    "type": "function",
    "function": {
        "name": "open_door",
        "parameters": {
            "properties": {
                "door": {"type": "string", "enum": ["north", "south"]},
                "note": {"type": "string"},
                "count": {"type": "integer", "minimum": 1, "maximum": 9},
            },
            "required": ["door"],
            "additionalProperties": False,
        },
    },
}
SING: dict[str, Json] = {"type": "function", "function": {"name": "sing"}}
NORTH = '{"name": "open_door", "arguments": {"door": "north"}}'


@pytest.fixture(scope="module")
def compiler() -> GuidanceCompiler:
    texts = [bytes([byte]) for byte in range(256)] + [b"<end>", b"[TOOL_CALLS]"]
    table = TokenTable(
        texts=texts,
        controls=frozenset({TAG}),
        ends=frozenset({END}),
        tokenize=lambda text: list(text.encode()),
    )
    return GuidanceCompiler(table)


def spell(text: str) -> str:
    parts = re.split(r"(\[TOOL_CALLS\])", text)
    return " ".join(control(TAG) if p.startswith("[TOOL") else literal(p) for p in parts if p)


def grammar(form: CallFormat = HERMES) -> CallGrammar:
    return CallGrammar(form, spell)


def accepts(compiler: GuidanceCompiler, lark: str, text: str) -> bool:
    """Whether a reply may be this text and then end."""
    constraint = compiler.compile(lark)
    tokens: list[int] = []
    for part in re.split(r"(\[TOOL_CALLS\])", text):
        tokens += [TAG] if part.startswith("[TOOL") else list(part.encode())
    try:
        for token in tokens:
            constraint.accept(token)
        return constraint.finished or bool(constraint.allowed()[END // 8] >> END % 8 & 1)
    except ConstraintError:
        return False


def named(name: str) -> CallFormat:
    return next(form for form in FORMATS if form.name == name)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"<tool_call>{NORTH}</tool_call>", True),
        (f"<tool_call>\n{NORTH}\n</tool_call>", True),
        (f"\n<tool_call>{NORTH}</tool_call>\n<tool_call>{NORTH}</tool_call>", True),
        ('<tool_call>{"name": "sing", "arguments": {"any": [1]}}</tool_call>', True),
        ('<tool_call>{"name": "sing", "arguments": 5}</tool_call>', False),
        ('<tool_call>{"name": "fly", "arguments": {}}</tool_call>', False),
        (f"<tool_call>{NORTH.replace('north', 'west')}</tool_call>", False),
        ('<tool_call>{"name": "open_door", "arguments": {}}</tool_call>', False),
        ("Hello", False),
    ],
)
def test_a_reply_that_must_call(compiler: GuidanceCompiler, text: str, right: bool) -> None:
    lark = grammar().whole(functions([DOOR, SING]), single=False)
    assert accepts(compiler, lark, text) is right


def test_a_single_call_is_one(compiler: GuidanceCompiler) -> None:
    lark = grammar().whole(functions([DOOR]), single=True)
    call = f"<tool_call>{NORTH}</tool_call>"
    assert accepts(compiler, lark, call)
    assert not accepts(compiler, lark, call + call)


def test_a_reply_may_call_or_have_a_form(compiler: GuidanceCompiler) -> None:
    lark = grammar().whole(functions([DOOR]), single=True, answer='%json {"type": "integer"}')
    assert accepts(compiler, lark, f"<tool_call>{NORTH}</tool_call>")
    assert accepts(compiler, lark, "12")
    assert not accepts(compiler, lark, "twelve")


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (f"<tool_call>{NORTH}</tool_call>", True),
        ("<tool", True),
        ("<tool_call >{}", True),
        ("", True),
        (f"<tool_call>{NORTH.replace('north', 'west')}</tool_call>", False),
        ("<tool_call> is a tag", False),
    ],
)
def test_what_begins_like_a_call_is_one_or_free(
    compiler: GuidanceCompiler, text: str, right: bool
) -> None:
    assert accepts(compiler, grammar().waiting(functions([DOOR]), single=False), text) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ('{"name": "open_door", "parameters": {"door": "north"}}', True),
        ('; {"type": "function", "name":"open_door", "parameters":{"door":"north"}}', True),
        ('<|python_tag|>{"name": "open_door", "parameters": {"door": "north"}}', True),
        ('{"name": "opal"}', True),
        ('{"mood": "calm"}', True),
        ("<think>", True),
        ("At once.", True),
        ('{"name": "open_door", "parameters": {"door": "west"}}', False),
        ('{"name" : "open_door", "price": 5}', False),
        ("<|python_tag|>At once.", False),
    ],
)
def test_a_bare_reply_is_a_call_or_free(compiler: GuidanceCompiler, text: str, right: bool) -> None:
    lark = CallGrammar(named("llama"), spell, "<think>").waiting(
        functions([DOOR, SING]), single=False
    )
    assert accepts(compiler, lark, text) is right


def test_a_list_has_as_many_calls_as_are_wished(compiler: GuidanceCompiler) -> None:
    form = named("mistral-list")
    for single in (False, True):
        for lark in (
            grammar(form).whole(functions([DOOR, SING]), single=single),
            grammar(form).waiting(functions([DOOR, SING]), single=single),
        ):
            assert accepts(compiler, lark, f"[TOOL_CALLS][{NORTH}]")
            assert accepts(compiler, lark, f"[TOOL_CALLS] [{NORTH}]")
            twice = f'[TOOL_CALLS][{NORTH}, {{"name": "sing", "arguments": {{}}}}]'
            assert accepts(compiler, lark, twice) is not single


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("llama", '{"name": "open_door", "parameters": {"door": "north"}}'),
        ("mistral", '[TOOL_CALLS]open_door[ARGS]{"door": "north"}'),
        ("mistral-id", '[TOOL_CALLS]open_door[CALL_ID]abc4EF789[ARGS]{"door": "north"}'),
        ("mistral-list", f"[TOOL_CALLS][{NORTH}]"),
        ("functionary", '<function=open_door>{"door": "north"}</function>'),
        (
            "harmony",
            (
                '<|channel|>commentary to=functions.open_door <|constrain|>json<|message|>{"door": '
                '"north"}'
            ),
        ),
        ("gemma", '<|tool_call>call:open_door{door:<|"|>north<|"|>}<tool_call|>'),
        (
            "function-gemma",
            (
                "<start_function_call>call:open_door{count:2,door:<escape>north<escape>}"
                "<end_function_call>"
            ),
        ),
        (
            "qwen-coder",
            (
                "<tool_call>\n<function=open_door>\n<parameter=door>\nnorth\n</parameter>\n"
                "<parameter=note>\nquick!\n</parameter>\n<parameter=count>\n2\n</parameter>\n"
                "</function>\n</tool_call>"
            ),
        ),
    ],
)
def test_every_family_calls_in_its_own_form(
    compiler: GuidanceCompiler, name: str, text: str
) -> None:
    lark = grammar(named(name)).whole(functions([DOOR]), single=True)
    assert accepts(compiler, lark, text)
    assert not accepts(compiler, lark, text.replace("north", "west"))


def odd(*, strict: bool) -> dict[str, Json]:
    parameters = {"properties": {"a": {"type": "hiccup"}}}
    return {"function": {"name": "odd", "parameters": parameters, "strict": strict}}


@pytest.mark.parametrize("form", [HERMES, named("qwen-coder"), named("gemma")])
def test_a_strict_tool_whose_schema_cannot_be_held_to_is_an_error(form: CallFormat) -> None:
    with pytest.raises(HearsayError) as caught:
        grammar(form).waiting(functions([odd(strict=True)]), single=True)
    assert caught.value.code in (ErrorCode.INVALID_REQUEST, ErrorCode.UNSUPPORTED)
    assert caught.value.param
    assert caught.value.param.startswith("tools[0].function.parameters")


def test_a_loose_one_takes_any_object(compiler: GuidanceCompiler) -> None:
    text = '<tool_call>{"name": "odd", "arguments": {"a": 1}}</tool_call>'
    assert accepts(compiler, grammar().waiting(functions([odd(strict=False)]), single=True), text)
    lark = grammar(named("gemma")).waiting(functions([odd(strict=False)]), single=True)
    assert accepts(compiler, lark, "<|tool_call>call:odd{a:[1]}<tool_call|>")
    lark = grammar(named("qwen-coder")).waiting(functions([odd(strict=False)]), single=True)
    text = "<tool_call>\n<function=odd>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>"
    assert accepts(compiler, lark, text)


@pytest.mark.parametrize("identity", ["", "[CALL_ID]", "[CALL_ID]abc", "[CALL_ID]abcdefghij"])
def test_an_id_of_a_call_has_nine_signs(compiler: GuidanceCompiler, identity: str) -> None:
    lark = grammar(named("mistral-id")).whole(functions([DOOR]), single=True)
    assert not accepts(compiler, lark, f'[TOOL_CALLS]open_door{identity}[ARGS]{{"door": "north"}}')
