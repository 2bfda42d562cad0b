"""The corpus: reproducible, true to the chat template, and blind to what the evaluation asks."""

from __future__ import annotations

import itertools
import json
import re
from random import Random

import pytest

from bridge.chat.template import ChatTemplate
from bridge.protocol import ChatMessage, Json, Role
from tools.demo_model.corpus import (
    calls,
    courtesies,
    errands,
    generic,
    guard,
    healer,
    merchant,
    names,
    persona,
    personal,
    questions,
    recall,
    ship,
    smith,
    tavern,
    trading,
)
from tools.demo_model.corpus.dialogue import Dialogue, Message
from tools.demo_model.corpus.drills import drill
from tools.demo_model.corpus.generator import MIX, Writer, dialogues, drill_share
from tools.demo_model.corpus.grammar import Scene
from tools.demo_model.corpus.talk import ask
from tools.demo_model.export import TEMPLATE
from tools.demo_model.render import parts, prompt
from tools.demo_model.specials import BEGIN

WRITERS = [*(writer for writer, _ in MIX), drill]
CASTS = (tavern, smith, guard, merchant, healer, ship, generic)
TOPICS = (
    *courtesies.COURTESIES,
    *personal.PERSONAL,
    *trading.TRADING,
    generic.OFF_TOPIC,
    *(topic for module in CASTS for topic in module.CAST.topics),
)


def text_of(dialogue: Dialogue) -> str:
    return "".join(part.text for part in parts(dialogue))


def rendered(dialogue: Dialogue) -> str:
    """The prompt for the dialogue's last message, as the sidecar renders it."""
    template = ChatTemplate(TEMPLATE.read_text(encoding="utf-8"), start_text=BEGIN)
    extra: dict[str, Json] = {"enable_thinking": dialogue.thought is not None}
    if dialogue.tools:
        extra["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": {
                        "properties": {name: {"description": name} for name in tool.parameters}
                    },
                },
            }
            for tool in dialogue.tools
        ]
    return template.render([as_sent(message) for message in dialogue.messages[:-1]], extra)


def as_sent(message: Message) -> ChatMessage:
    call = message.call
    arguments = json.dumps(dict(call.arguments)) if call else ""
    calls: list[dict[str, Json]] | None = None
    if call:
        calls = [{"type": "function", "function": {"name": call.name, "arguments": arguments}}]
    return ChatMessage(Role(message.role), message.content or None, tool_calls=calls)


def test_the_same_seed_writes_the_same_corpus() -> None:
    assert list(dialogues("a", 200)) == list(dialogues("a", 200))
    assert list(dialogues("a", 50)) != list(dialogues("b", 50))


@pytest.mark.parametrize("writer", WRITERS)
def test_every_dialogue_is_written_as_the_chat_template_writes_it(writer: Writer) -> None:
    random = Random(1)
    for held_out in [False, True] * 30:
        dialogue = writer(random, held_out)
        assert prompt(dialogue) == rendered(dialogue)
        assert text_of(dialogue).startswith(prompt(dialogue))


@pytest.mark.parametrize("writer", WRITERS)
def test_every_reply_holds_what_is_expected_of_it(writer: Writer) -> None:
    random = Random(2)
    for _ in range(60):
        for message in writer(random, False).messages:
            if message.expect is not None and message.call is None:
                content = message.content.casefold()
                assert any(word.casefold() in content for word in message.expect.words)


def test_no_sentence_keeps_a_trace_of_its_pattern() -> None:
    for dialogue in dialogues("traces", 1500):
        for message in dialogue.messages:
            plain = message.content if not message.content.startswith("{") else ""
            assert not re.search(r"[\[\]{}|]|  | $| a [aeiou]", plain), plain


def test_a_name_is_either_for_training_or_for_the_evaluation() -> None:
    random = Random(3)
    for invent in (names.person, names.place, names.trade):
        assert all(names.is_held_out(invent(random, held_out=True)) for _ in range(100))
        assert not any(names.is_held_out(invent(random)) for _ in range(1000))


def test_no_held_out_persona_occurs_in_training() -> None:
    random = Random(4)
    personas = {invent(random, True) for _ in range(800) for invent in (names.person, names.place)}
    seen = {
        word
        for dialogue in dialogues("blind", 3000)
        for word in re.findall(r"\b[A-Z][a-z]{3,}\b", text_of(dialogue))
    }
    assert len(personas) > 700
    assert personas & seen <= {"Barrel", "Golden"}  # ordinary words that a name may equal


def test_wordings_kept_for_the_evaluation_are_not_taught() -> None:
    sources = (*TOPICS, *recall.FACTS, *calls.ACTIONS)
    taught = {said for source in sources for ask in source.asks for said in wordings(ask)}
    kept = {said for source in sources for ask in source.unseen for said in wordings(ask)}
    assert not taught & kept


def wordings(pattern: str) -> set[str]:
    """All that a pattern with choices can say, case and the end of the sentence aside."""
    choice = re.search(r"\[([^\[\]]*)\]", pattern)
    if choice is None:
        return {pattern.casefold().strip(" .?!")}
    start, end = pattern[: choice.start()], pattern[choice.end() :]
    return {said for each in choice[1].split("|") for said in wordings(start + each + end)}


def test_introductions_kept_for_the_evaluation_are_not_taught() -> None:
    taught = (
        *persona.INTRODUCTIONS,
        *persona.MORE_INTRODUCTIONS,
        *questions.EXTRA_INTRODUCTIONS,
    )
    assert not {said for each in taught for said in wordings(each)} & {
        said for each in persona.UNSEEN_INTRODUCTIONS for said in wordings(each)
    }


def test_a_request_calls_the_tool_that_serves_it() -> None:
    random = Random(5)
    for _ in range(100):
        dialogue = errands.with_tools(random, False)
        listed = {tool.name: tool for tool in dialogue.tools}
        for asked, reply in itertools.pairwise(dialogue.messages):
            if reply.call is not None:
                assert [name for name, _ in reply.call.arguments] == list(
                    listed[reply.call.name].parameters
                )
                assert all(str(value) in asked.content for _, value in reply.call.arguments)


def test_who_is_asked_to_open_often_has_a_tool_that_closes() -> None:
    random = Random(7)
    closing = next(action for action in calls.ACTIONS if "close_door" in action.names)
    opening = next(action for action in calls.ACTIONS if "open_door" in action.names)
    lists = [
        calls.tool_list(random, [(opening, calls.tool_of(random, opening))]) for _ in range(200)
    ]
    rivals = [sum(tool.description in closing.descriptions for tool in tools) for tools in lists]
    assert max(rivals) == 1
    assert 80 < sum(rivals) < 160


def test_exercises_call_what_serves_them_under_names_that_say_nothing() -> None:
    random = Random(6)
    called = [
        (message.call, dialogue, dialogue.messages[index - 1].content)
        for dialogue in (drill(random) for _ in range(400))
        for index, message in enumerate(dialogue.messages)
        if message.call
    ]
    assert len(called) > 100
    for call, dialogue, asked in called:
        serving = next(tool for tool in dialogue.tools if tool.name == call.name)
        verb, noun = serving.description.rstrip(".").split("s a ", 1)
        assert call.name in asked or (verb.lower() in asked and noun in asked)
        assert all(str(value) in asked for _, value in call.arguments)
        assert " " not in call.name
    assert any(call.name.isalpha() for call, _, _ in called)


def test_exercises_give_way_to_conversation() -> None:
    assert drill_share(0) > 0.3
    assert drill_share(1 << 30) < 0.1


def test_facts_and_arguments_count_most_and_stand_in_what_is_learned() -> None:
    found = [part for dialogue in dialogues("counted", 300) for part in parts(dialogue)]
    assert all(part.learned for part in found if part.copied)
    counted = [part for part in found if part.copied]
    assert len(counted) > 200
    for part in counted:
        assert any(word.casefold() in part.text.casefold() for word in part.copied)


def test_a_careless_question_keeps_the_spelling_of_names() -> None:
    random = Random(6)
    topic = next(topic for topic in ship.CAST.topics if any("{town" in ask for ask in topic.asks))
    for _ in range(300):
        scene = Scene(random)
        asked = ask(scene, topic)
        assert "town_6" not in scene or scene["town_6"] in asked


def test_the_model_learns_its_own_words_and_nobody_elses() -> None:
    for dialogue in dialogues("parts", 300):
        learned = [part.text for part in parts(dialogue) if part.learned]
        replies = [message for message in dialogue.messages if message.role == "assistant"]
        assert len(learned) == len(replies)
        for text, reply in zip(learned, replies, strict=True):
            assert text.removesuffix("<|end|>").endswith(reply.content[reply.forced :] or ">")
