"""The whole corpus as an endless, reproducible stream of dialogues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random

from tools.demo_model.corpus import errands, facts, talk
from tools.demo_model.corpus.dialogue import Dialogue, Expect, Message
from tools.demo_model.corpus.drills import drill
from tools.demo_model.corpus.grammar import Scene

Writer = Callable[[Random, bool], Dialogue]


def knowledge(random: Random, held_out: bool = False) -> Dialogue:
    """Return simple questions with one answer each, mostly without a system prompt."""
    messages: list[Message] = []
    assisted = random.random() < 0.3
    if assisted:
        messages.append(Message("system", "You are a helpful assistant."))
    for _ in range(random.choice((1, 1, 2, 3))):
        if random.random() < (0.06 if assisted else 0.15):
            scene = Scene(random, held_out)
            messages.append(Message("user", random.choice(facts.SELF_ASKS)))
            messages.append(Message("assistant", scene.say(facts.SELF)))
            continue
        question, answer, word = facts.fact(random)
        messages.append(Message("user", question))
        messages.append(Message("assistant", answer, expect=Expect("fact", (word,))))
    return Dialogue(tuple(messages))


def long_conversation(random: Random, held_out: bool = False) -> Dialogue:
    """Return a conversation of many turns, so that far positions are learned too."""
    return talk.conversation(random, held_out, turns=random.randint(8, 24))


MIX: tuple[tuple[Writer, float], ...] = (
    (talk.conversation, 0.25),
    (talk.memory, 0.15),
    (talk.thinking, 0.07),
    (talk.in_json, 0.16),
    (errands.with_tools, 0.32),
    (talk.narration, 0.03),
    (talk.tale, 0.03),
    (knowledge, 0.04),
    (long_conversation, 0.01),
)
"""Every kind of dialogue and its share; exercises are added on top of it."""

FIRST_DRILLS, LAST_DRILLS = 0.40, 0.08
DRILLS_ONLY = 1_800_000
DRILL_TOKENS = 6_000_000
ALL_SEEN = 1 << 40


def drill_share(seen: int) -> float:
    """Return the share of exercises: nothing else at first, few in the end."""
    if seen < DRILLS_ONLY:
        return 1.0
    return max(LAST_DRILLS, FIRST_DRILLS * (1 - seen / DRILL_TOKENS))


def dialogue(random: Random, seen: int = ALL_SEEN) -> Dialogue:
    """Return one training dialogue for a model that has learned from `seen` tokens."""
    if random.random() < drill_share(seen):
        return drill(random)
    writers = [writer for writer, _ in MIX]
    writer = random.choices(writers, [share for _, share in MIX])[0]
    return writer(random, False)


def dialogues(seed: str, count: int, seen: int = ALL_SEEN) -> Iterator[Dialogue]:
    """Yield `count` dialogues; the same seed yields the same ones."""
    random = Random(seed)
    for _ in range(count):
        yield dialogue(random, seen)
