"""The cases: dialogues with names that training never saw, half of them in unseen wordings."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

from bridge.protocol import Json
from tools.demo_model.corpus import errands, talk
from tools.demo_model.corpus.dialogue import Dialogue, Tool
from tools.demo_model.corpus.generator import Writer, knowledge
from tools.demo_model.corpus.record import ACTIONS, MOOD_KEYS
from tools.demo_model.evaluate.rules import contains
from tools.demo_model.render import prompt

CONSTRAINED = "constrained"
HELD = "held tools"
_WITH_TOOLS = ("tools", HELD)
_NUMBERS = ("count", "price", "sector")
KINDS: tuple[tuple[str, Writer, int], ...] = (
    ("persona", talk.conversation, 600),
    ("conversation", talk.conversation, 300),
    ("memory", talk.memory, 300),
    ("thinking", talk.thinking, 150),
    ("json", talk.in_json, 150),
    (CONSTRAINED, talk.in_json, 100),
    ("tools", errands.with_tools, 600),
    ("narration", talk.narration, 50),
    ("story", talk.tale, 90),
    ("facts", knowledge, 60),
    (HELD, errands.with_tools, 300),
)
"""The kinds of dialogue and how many cases of each the examination has."""

PERSONAL = ("name", "trade", "place")


def cases(seed: str = "examination", share: float = 1.0) -> list[tuple[str, Dialogue]]:
    """Return the kind and the dialogue of every case; its last message is what is judged."""
    random = Random(seed)
    return [
        (kind, _case(random, kind, writer))
        for kind, writer, count in KINDS
        for _ in range(max(1, round(count * share)))
    ]


def _case(random: Random, kind: str, writer: Writer) -> Dialogue:
    while True:
        dialogue = writer(random, True)
        if kind in _WITH_TOOLS:
            dialogue = _without_riddle(_up_to_call(dialogue))
        if kind == CONSTRAINED:
            last = replace(dialogue.messages[-1], forced=0)
            dialogue = replace(dialogue, messages=(*dialogue.messages[:-1], last))
        expect = dialogue.messages[-1].expect
        wanted = kind in _WITH_TOOLS or _can_be_judged(dialogue)
        if kind == "persona":
            wanted = wanted and expect is not None and expect.kind in PERSONAL
        if wanted and len(prompt(dialogue)) < 3000:
            return dialogue


def schema(dialogue: Dialogue) -> str:
    """Return the JSON schema that a constraint would hold the last message to."""
    keys = list(json.loads(dialogue.messages[-1].content))
    moods = {"type": "string", "enum": list(ACTIONS)}
    free = {"type": "string", "minLength": 1, "maxLength": 400}
    return json.dumps(
        {
            "type": "object",
            "properties": {key: moods if key in MOOD_KEYS else free for key in keys},
            "required": keys,
            "additionalProperties": False,
        }
    )


def offered(dialogue: Dialogue) -> list[dict[str, Json]]:
    """Return the tools of a dialogue in OpenAI's form, as a game would tell them."""
    return [{"type": "function", "function": _function(tool)} for tool in dialogue.tools]


def _function(tool: Tool) -> dict[str, Json]:
    kinds = {name: "integer" if name in _NUMBERS else "string" for name in tool.parameters}
    parameters: dict[str, Json] = {
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in kinds.items()},
        "required": list(tool.parameters),
        "additionalProperties": False,
    }
    return {"name": tool.name, "description": tool.description, "parameters": parameters}


def _can_be_judged(dialogue: Dialogue) -> bool:
    expect = dialogue.messages[-1].expect
    return expect is not None and (not expect.copied or contains(prompt(dialogue), expect.words))


def _without_riddle(dialogue: Dialogue) -> Dialogue:
    """Return a dialogue that expects no word which its prompt does not tell."""
    if dialogue.messages[-1].call or _can_be_judged(dialogue):
        return dialogue
    last = replace(dialogue.messages[-1], expect=None)
    return replace(dialogue, messages=(*dialogue.messages[:-1], last))


def _up_to_call(dialogue: Dialogue) -> Dialogue:
    for count in range(len(dialogue.messages), 0, -1):
        if dialogue.messages[count - 1].call is not None:
            return replace(dialogue, messages=dialogue.messages[:count])
    return dialogue
