# ruff: noqa: RUF001 - DeepSeek spells its tags with wide bars
"""What models of each family write, and what is in it."""

from __future__ import annotations

from dataclasses import dataclass, field

TOOLS = {
    "open_door": {"type": "object", "properties": {"door": {"type": "string"}}},
    "order": {
        "type": "object",
        "properties": {"item": {"type": "string"}, "count": {"type": "integer"}},
    },
}


@dataclass(frozen=True)
class Transcript:
    """A reply, the marks of its family's template, and what a client is to see of it."""

    name: str
    template: str
    written: str
    text: str = ""
    reasoning: str = ""
    calls: list[tuple[str, object]] = field(default_factory=list)
    prompt: str = "<|im_start|>assistant\n"


NORTH = ("open_door", {"door": "north"})
STEW = ("order", {"item": "stew", "count": 2})

THINK = "{{ message.content.split('</think>')[-1] }}{{ '<think>' }}"
HERMES = "{% if tools %}<tool_call>{% endif %}"
CODER = HERMES + "<function=example><parameter=a>"
MISTRAL = "{% if tools %}[AVAILABLE_TOOLS]{% endif %}[TOOL_CALLS]"
DEEPSEEK = THINK + "<｜tool▁call▁begin｜><｜tool▁sep｜>{% if tools %}"
HARMONY = "<|start|><|channel|>analysis<|message|>{{ tools }}"
GRANITE = "{{ tools }} between <think></think> and <response></response> <|tool_call|>"
GEMMA = "{{ tools }}<|channel>thought\n<channel|><|tool_call>call:"
LLAMA = '{{ tools }}{"name": "", "parameters": } ipython'

TRANSCRIPTS = (
    Transcript("qwen", THINK, "<think>\nA guest.\n</think>\n\nWelcome!", "Welcome!", "A guest."),
    Transcript("qwen without", THINK, "Welcome! <think>", "Welcome! <think>"),
    Transcript("qwen empty", THINK, "<think>\n\n</think>\n\nHo", "Ho"),
    Transcript("qwen 3.5", THINK, "A guest.\n</think>\n\nHo", "Ho", "A guest.", prompt="<think>\n"),
    Transcript("deepseek", THINK, "Hm\n\nso\n</think>\nHo\n", "Ho\n", "Hm\n\nso", prompt="<think>"),
    Transcript("cut short", THINK, "<think>\nA gue", "", "A gue"),
    Transcript(
        "granite",
        GRANITE,
        "<think>A guest.</think>\n<response>\nWelcome!\n</response>",
        "Welcome!",
        "A guest.",
    ),
    Transcript(
        "granite 3.2",
        "Here is my thought process:",
        "Here is my thought process:\nA guest.\n\nHere is my response:\n\nWelcome!",
        "Welcome!",
        "A guest.",
    ),
    Transcript("magistral", "[THINK]", "[THINK]A guest.[/THINK]Ho [x]", "Ho [x]", "A guest."),
    Transcript("seed", "<seed:think>", "<seed:think>\nHm\n</seed:think>\nHo", "Ho", "Hm"),
    Transcript("gemma", GEMMA, "<|channel>thought\nHm\n<channel|>Ho", "Ho", "Hm"),
    Transcript("gemma off", GEMMA, "Ho", "Ho", prompt="<|channel>thought\n<channel|>"),
    Transcript(
        "harmony",
        HARMONY,
        "<|channel|>analysis<|message|>A guest.<|end|><|start|>assistant<|channel|>final"
        "<|message|>Welcome!",
        "Welcome!",
        "A guest.",
        prompt="<|start|>assistant",
    ),
    Transcript(
        "harmony calls",
        HARMONY,
        "<|channel|>analysis<|message|>Hm<|end|><|start|>assistant<|channel|>commentary"
        "<|message|>One moment.<|end|><|start|>assistant<|channel|>commentary "
        'to=functions.open_door <|constrain|>json<|message|>{"door":"north"}',
        "One moment.",
        "Hm",
        [NORTH],
    ),
    Transcript(
        "harmony addressed first",
        HARMONY,
        ' to=functions.order<|channel|>commentary json<|message|>{"item":"stew","count":2}',
        calls=[STEW],
    ),
    Transcript(
        "hermes",
        HERMES,
        'At once.\n<tool_call>\n{"name": "open_door", "arguments": {"door": "north"}}\n'
        "</tool_call>",
        "At once.",
        calls=[NORTH],
    ),
    Transcript(
        "hermes twice",
        HERMES,
        '<tool_call>{"name": "open_door", "arguments": {"door": "north"}}</tool_call>\n'
        '<tool_call>\n{"arguments": {"item": "stew", "count": 2}, "name": "order"}\n</tool_call>\n',
        calls=[NORTH, STEW],
    ),
    Transcript(
        "hermes thinks",
        THINK + HERMES,
        '<think>Use <tool_call>.</think>\n<tool_call>{"name": "open_door", "arguments": '
        '{"door": "north"}}</tool_call>',
        "",
        "Use <tool_call>.",
        [NORTH],
    ),
    Transcript(
        "hermes unknown",
        HERMES,
        '<tool_call>{"name": "fly", "arguments": {}}</tool_call> Ho',
        '<tool_call>{"name": "fly", "arguments": {}}</tool_call> Ho',
    ),
    Transcript("hermes prose", HERMES, "A <tool_call> is a tag.", "A <tool_call> is a tag."),
    Transcript(
        "hermes broken",
        HERMES,
        "<tool_call>{order}</tool_call> Ho",
        "<tool_call>{order}</tool_call> Ho",
    ),
    Transcript(
        "hermes without end",
        HERMES,
        '<tool_call>{"arguments": {"door": "north"}, "name": "open_door"}',
        calls=[NORTH],
    ),
    Transcript(
        "qwen coder",
        CODER,
        "Yes.\n<tool_call>\n<function=order>\n<parameter=item>\nstew\n</parameter>\n"
        "<parameter=count>\n2\n</parameter>\n</function>\n</tool_call>",
        "Yes.",
        calls=[STEW],
    ),
    Transcript(
        "qwen coder cut short",
        CODER,
        "<tool_call>\n<function=order>\n<parameter=item>\nstew\n</parameter>\n<parameter=cou",
        calls=[("order", {"item": "stew"})],
    ),
    Transcript(
        "functionary",
        "{{ tools }}<function=example_function_name>{",
        '<function=open_door>{"door": "north"}</function>',
        calls=[NORTH],
    ),
    Transcript(
        "deepseek calls",
        DEEPSEEK + "```json",
        "Hm</think>\n\n<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>open_door\n"
        '```json\n{"door": "north"}\n```<｜tool▁call▁end｜>\n<｜tool▁call▁begin｜>function'
        '<｜tool▁sep｜>order\n```json\n{"item": "stew", "count": 2}\n```<｜tool▁call▁end｜>'
        "<｜tool▁calls▁end｜>",
        "",
        "Hm",
        [NORTH, STEW],
        prompt="<think>\n",
    ),
    Transcript(
        "deepseek 3.1",
        DEEPSEEK,
        '<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>open_door<｜tool▁sep｜>{"door": "north"}'
        "<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
        calls=[NORTH],
    ),
    Transcript(
        "mistral",
        MISTRAL + "[ARGS]",
        'Yes.[TOOL_CALLS]open_door[ARGS]{"door": "north"}[TOOL_CALLS]order[CALL_ID]abcdefghi[ARGS]'
        '{"item": "stew", "count": 2}',
        "Yes.",
        calls=[NORTH, STEW],
    ),
    Transcript(
        "mistral with ids",
        MISTRAL + "[CALL_ID][ARGS]",
        '[TOOL_CALLS]open_door[CALL_ID]abcdefghi[ARGS]{"door": "north"}',
        calls=[NORTH],
    ),
    Transcript(
        "mistral list",
        MISTRAL,
        '[TOOL_CALLS] [{"name": "open_door", "arguments": {"door": "north"}, "id": "abcdefghi"}, '
        '{"name": "order", "arguments": {"item": "stew", "count": 2}}]',
        calls=[NORTH, STEW],
    ),
    Transcript(
        "granite calls",
        GRANITE,
        '<|tool_call|>[{"name": "order", "arguments": {"item": "stew", "count": 2}}]',
        calls=[STEW],
    ),
    Transcript(
        "gemma calls",
        GEMMA,
        '<|tool_call>call:order{item:<|"|>stew<|"|>,count:2}<tool_call|>',
        calls=[STEW],
    ),
    Transcript(
        "gemma quotes",
        GEMMA,
        '<|tool_call>call:order{item:<|"|>a: "b"<|"|>,list:[{x:1}]}<tool_call|>',
        calls=[("order", {"item": 'a: "b"', "list": [{"x": 1}]})],
    ),
    Transcript(
        "function gemma",
        "{{ tools }}<start_function_call>",
        "<start_function_call>call:open_door{door:<escape>north<escape>}<end_function_call>",
        calls=[NORTH],
    ),
    Transcript(
        "llama",
        LLAMA,
        '{"name": "open_door", "parameters": {"door": "north"}}',
        calls=[NORTH],
    ),
    Transcript(
        "llama tagged and twice",
        LLAMA,
        '<|python_tag|>{"type": "function", "name": "open_door", "parameters": {"door": "north"}}; '
        '{"name": "order", "parameters": {"item": "stew", "count": 2}}',
        calls=[NORTH, STEW],
    ),
    Transcript("llama json", LLAMA, '{"mood": "calm"}', '{"mood": "calm"}'),
    Transcript("llama other", LLAMA, '{"name": "opal"}', '{"name": "opal"}'),
    Transcript("llama door", LLAMA, ' {"name": "order"}', ' {"name": "order"}'),
    Transcript(
        "strings hide brackets",
        HERMES,
        '<tool_call>{"name": "open_door", "arguments": {"door": "a}\\"]</tool_call>"}}</tool_call>',
        calls=[("open_door", {"door": 'a}"]</tool_call>'})],
    ),
)
