"""The rules that judge one reply."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass

from tools.demo_model.corpus.dialogue import Dialogue, ToolCall
from tools.demo_model.corpus.record import ACTIONS, KEYS, MOOD_KEYS
from tools.demo_model.specials import THINK, THINK_END, TOOL_CALL, TOOL_CALL_END

LOOP_LIMIT = 3
"""A run of four words that occurs this often in one reply is a loop."""

_WORD = re.compile(r"[\w'-]+")


@dataclass(frozen=True)
class Reply:
    """What the model wrote, tags included, and whether it ended by itself."""

    text: str
    ended: bool


def contains(text: str, words: tuple[str, ...]) -> bool:
    """Whether at least one of the words is in the text, case ignored."""
    return any(word.casefold() in text.casefold() for word in words)


def loops(text: str) -> bool:
    """Whether some four words in a row occur again and again."""
    words = _WORD.findall(text.casefold())
    runs = Counter(zip(words, words[1:], words[2:], words[3:], strict=False))
    return any(count >= LOOP_LIMIT for count in runs.values())


def thinking_right(text: str, wanted: bool) -> bool:
    """Whether one thought stands before an answer if wanted, and no tag anywhere if not."""
    opened, closed = text.count(THINK), text.count(THINK_END)
    if not wanted:
        return opened == closed == 0
    if opened != 1 or closed != 1 or not text.startswith(THINK):
        return False
    thought, answer = text.removeprefix(THINK).split(THINK_END)
    return bool(thought.strip()) and bool(answer.strip())


def answer_of(text: str) -> str:
    """Return the reply without its thought."""
    return text.rpartition(THINK_END)[2]


def call_right(text: str, wanted: ToolCall | None) -> bool:
    """Whether the reply is exactly the wanted call, or no call at all if none is wanted."""
    answer = answer_of(text)
    if wanted is None:
        return TOOL_CALL not in answer and TOOL_CALL_END not in answer
    if not answer.startswith(TOOL_CALL) or not answer.endswith(TOOL_CALL_END):
        return False
    try:
        call = json.loads(answer.removeprefix(TOOL_CALL).removesuffix(TOOL_CALL_END))
    except json.JSONDecodeError:
        return False
    return bool(call == {"name": wanted.name, "arguments": dict(wanted.arguments)})


def record_right(text: str, like: str | None) -> bool:
    """
    Whether the reply is a JSON object without empty values, and with a mood that exists.

    Its keys must be those of `like`, in any order; without `like`, at least two of those known.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        return False
    if not isinstance(found, dict) or not _keys_right(set(found), like):
        return False
    if not all(isinstance(value, str) and value.strip() for value in found.values()):
        return False
    return all(found[key] in ACTIONS for key in MOOD_KEYS if key in found)


def _keys_right(keys: set[str], like: str | None) -> bool:
    if like is not None:
        return keys == set(json.loads(like))
    return len(keys) >= 2 and any(keys <= set(known) for known in KEYS)


def judge(dialogue: Dialogue, reply: Reply, held: bool = False) -> dict[str, bool]:
    """
    Return the verdict of every rule that applies to this case, by the rule's name.

    One that was `held` to its form by a constraint is judged by what it is filled with.
    """
    wanted = dialogue.messages[-1]
    verdicts = {
        "ends": reply.ended,
        "no loop": not loops(reply.text),
        "thinking tags": thinking_right(reply.text, dialogue.thought is not None),
    }
    if dialogue.tools:
        rule = "tool call" if wanted.call else "no needless call"
        rule += ", held" if held else ""
        verdicts[rule] = call_right(reply.text, wanted.call)
    elif held:
        form = record_right(answer_of(reply.text), wanted.content)
        words = wanted.expect.words if wanted.expect else ()
        return verdicts | {"json, constrained": form and contains(reply.text, words)}
    if wanted.content.startswith("{"):
        like = None if wanted.forced else wanted.content
        verdicts["json"] = record_right(answer_of(reply.text), like)
    if wanted.expect is not None and wanted.call is None:
        verdicts[wanted.expect.kind] = contains(answer_of(reply.text), wanted.expect.words)
    return verdicts
