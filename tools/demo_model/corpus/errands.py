"""Conversations with a tool list: requests that need a call, results, and talk that needs none."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from tools.demo_model.corpus import calls
from tools.demo_model.corpus.dialogue import Dialogue, Expect, Message, Tool
from tools.demo_model.corpus.talk import Talk

ONLY_TALK = 0.2
"""How many conversations have tools and no use for them."""

THOUGHTFUL = 0.2
RESULTS = 0.5
"""How often the last call is followed by its result and a word about it."""


def with_tools(random: Random, held_out: bool = False) -> Dialogue:
    """Return a conversation with a tool list; most need calls, the others must not call."""
    talk = Talk(random, held_out)
    if random.random() < 0.25:
        talk.exchange(talk.any_topic())
    if random.random() < ONLY_TALK:
        talk.exchange(talk.random.choice(talk.topics))
        thought = talk.thought(talk.last.thought) if random.random() < THOUGHTFUL else None
        return replace(talk.finish(thought), tools=calls.tool_list(random, ()))
    actions = random.sample(calls.ACTIONS, random.choice((1, 1, 2, 2, 3)))
    wanted = [(action, calls.tool_of(random, action)) for action in actions]
    for number, (action, tool) in enumerate(wanted, 1):
        _request(talk, action, tool)
        if number < len(wanted):
            _result(talk, action)
            if random.random() < 0.2:
                talk.exchange(talk.any_topic())
    thought = talk.scene.say(calls.THOUGHT) if random.random() < THOUGHTFUL else None
    if thought is None and random.random() < RESULTS:
        _result(talk, wanted[-1][0])
    return replace(talk.finish(thought), tools=calls.tool_list(random, wanted))


def _request(talk: Talk, action: calls.Action, tool: Tool) -> None:
    scene = talk.scene
    calls.prepare(scene)
    unseen = scene.held_out and talk.random.random() < 0.5
    asked = scene.say(action.unseen if unseen else action.asks)
    call = calls.call_of(scene, action, tool)
    scene["tool"] = tool.name
    talk.messages.append(Message("user", asked))
    talk.messages.append(Message("assistant", "", call=call, expect=Expect("tool", (tool.name,))))


def _result(talk: Talk, action: calls.Action) -> None:
    result, words = talk.random.choice(action.results)
    talk.messages.append(Message("tool", result))
    talk.messages.append(Message("assistant", talk.scene.say(words)))
