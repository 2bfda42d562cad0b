"""The cases: dialogues with names that training never saw, half of them in unseen wordings."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tools.demo_model.corpus import talk
from tools.demo_model.corpus.dialogue import Dialogue
from tools.demo_model.corpus.generator import Writer, knowledge
from tools.demo_model.evaluate.rules import contains
from tools.demo_model.render import prompt

KINDS: tuple[tuple[str, Writer, int], ...] = (
    ("conversation", talk.conversation, 420),
    ("memory", talk.memory, 240),
    ("thinking", talk.thinking, 120),
    ("json", talk.in_json, 120),
    ("tools", talk.with_tools, 160),
    ("narration", talk.narration, 50),
    ("story", talk.tale, 90),
    ("facts", knowledge, 60),
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
        if kind == "tools":
            dialogue = _up_to_call(dialogue)
        last = dialogue.messages[-1]
        wanted = _can_be_judged(dialogue) or kind == "tools"
        # Courtesies have no right answer; a third of the conversations asks for the persona.
        if kind == "conversation" and random.random() < 0.5:
            wanted = wanted and last.expect is not None and last.expect.kind in PERSONAL
        if wanted and len(prompt(dialogue)) < 3000:
            return dialogue


def _can_be_judged(dialogue: Dialogue) -> bool:
    expect = dialogue.messages[-1].expect
    return expect is not None and (not expect.copied or contains(prompt(dialogue), expect.words))


def _up_to_call(dialogue: Dialogue) -> Dialogue:
    for index, message in enumerate(dialogue.messages):
        if message.call is not None:
            return replace(dialogue, messages=dialogue.messages[: index + 1])
    return dialogue
