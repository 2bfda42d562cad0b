"""Conversations with a character: questions, recall across turns, thinking, JSON, stories."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from tools.demo_model.corpus import (
    courtesies,
    generic,
    narrator,
    personal,
    recall,
    record,
    ship,
    story,
    trading,
)
from tools.demo_model.corpus.cast import Cast, Topic
from tools.demo_model.corpus.dialogue import Dialogue, Expect, Message
from tools.demo_model.corpus.grammar import Scene
from tools.demo_model.corpus.persona import interjection, invent, set_title

FILLERS = (*courtesies.COURTESIES, generic.OFF_TOPIC, generic.OFF_TOPIC, generic.WEATHER)
OPENED = 0.3
"""How often a question has a few words before it that do not matter."""

DOUBLE = 0.06
"""How often two things are asked at once; an order and the news in one breath, more often."""

CLOSED = 0.1
"""How often such words come after it."""

CARELESS = 0.08
"""How often a player does not care for capital letters and the mark at the end."""

_NAMED = re.compile(r"(?<!^)[A-Z][a-z]")
"""A capital letter within a sentence: there may be a name, which must be copied as it is."""

OPENINGS = (
    "[Excuse me|Good day|Listen|I have a question|Hello|Well then|Pardon me|Wait|Hey|Right]. ",
    "[One question|Please tell me|Say, friend|By the way|A last question|Now then|Just this]: ",
    "[I have been on the road for days|I am in a hurry|It is late|I am only passing through]. ",
    "[That is good to hear|I see|Very well|Fine|Interesting|Never mind that|All right|Hm]. ",
    "[They sent me to you|I was told to ask you|You look like you can help me|You there]. ",
    "[Before I go|Before we talk|If you have a moment], [I have a question|listen|one thing]. ",
)
CLOSINGS = (
    " [I would like to know|Tell me|Be honest|Answer me|I am curious|Please][.|!]",
    " [Do not be shy|I have time|I am in a hurry|It is important|You can trust me][.|!]",
    " [I did not understand it before|I have asked everyone else|Nobody would tell me].",
)


def topics_of(scene: Scene, cast: Cast) -> list[Topic]:
    """Return what this character can be asked, the personal questions more often."""
    own = [
        topic
        for topic in personal.PERSONAL
        if scene.fits(topic.words) and scene.fits(topic.replies)
    ]
    if cast is ship.CAST:
        fitting = [topic for topic in cast.topics if scene.fits(topic.words)]
        return [topic for topic in own if topic.kind in ("name", "trade")] * 2 + fitting * 2
    goods = trading.TRADING if cast.goods else ()
    named = [personal.NAME] * 3 if personal.NAME in own else []
    return [*own, *own, *named, *cast.topics, *goods, *generic.CAST.topics]


def ask(scene: Scene, topic: Topic) -> str:
    """Return a question; a held-out scene uses unseen wordings half the time."""
    if scene.held_out and scene.fits(topic.unseen) and scene.random.random() < 0.5:
        return scene.say([pattern for pattern in topic.unseen if scene.fits([pattern])])
    random = scene.random
    asked = scene.say([pattern for pattern in topic.asks if scene.fits([pattern])])
    if random.random() < CARELESS and not _NAMED.search(asked):
        return asked.lower().rstrip(".?!")
    opening = scene.phrase(OPENINGS) + " " if random.random() < OPENED else ""
    closing = " " + scene.phrase(CLOSINGS) if random.random() < CLOSED else ""
    return opening + asked + closing


def answer(scene: Scene, topic: Topic) -> Message:
    """Return the reply to a question of this topic, and what must be in it."""
    text = scene.say(topic.replies)
    words = tuple(scene.phrase(word) for word in topic.words)
    copied = all("{" in word for word in topic.words)
    expect = Expect(topic.kind, words, copied) if words else None
    return Message("assistant", text, expect=expect)


class Talk:
    """A dialogue being written."""

    def __init__(self, random: Random, held_out: bool) -> None:
        self.scene = Scene(random, held_out)
        self.random = random
        title_note = set_title(self.scene)
        system, self.cast = invent(self.scene)
        self.scene["work"] = self.scene.say((self.cast if self.cast.work else generic.CAST).work)
        self.system = system + (title_note if self.cast is not ship.CAST else "")
        self.messages: list[Message] = []
        self.topics = topics_of(self.scene, self.cast)
        self.last: Topic = courtesies.GREETING

    def exchange(self, topic: Topic) -> None:
        """Add a question and its reply."""
        self.last = topic
        self.scene.forget("coins", "number", "feeling", "weather")
        question = ask(self.scene, topic)
        reply = answer(self.scene, topic)
        if topic is trading.BUY and self.random.random() < 0.4:
            question, reply = self._and(personal.RUMOUR, question, reply)
        elif self.random.random() < DOUBLE:
            question, reply = self._and(self.random.choice(self.topics), question, reply)
        if self.random.random() < 0.5:
            reply = replace(reply, content=interjection(self.scene) + reply.content)
        self.messages += [Message("user", question), reply]

    def _and(self, topic: Topic, question: str, reply: Message) -> tuple[str, Message]:
        if topic is self.last:
            return question, reply
        also = answer(self.scene, topic)
        both = replace(also, content=f"{reply.content} {also.content}")
        return f"{question} {ask(self.scene, topic)}", both

    def any_topic(self) -> Topic:
        """Return a topic of this character's, now and then a courtesy."""
        if self.random.random() < 0.25:
            usable = [topic for topic in FILLERS if self.scene.fits(topic.replies)]
            return self.random.choice(usable)
        return self.random.choice(self.topics)

    def thought(self, patterns: str) -> str:
        """Return what the character thinks before its last reply."""
        return self.scene.say(patterns)

    def finish(self, thought: str | None = None) -> Dialogue:
        """Return the dialogue with its system prompt."""
        return Dialogue((Message("system", self.system), *self.messages), thought=thought)


def conversation(random: Random, held_out: bool = False, turns: int | None = None) -> Dialogue:
    """Return one to six questions and answers."""
    talk = Talk(random, held_out)
    for _ in range(turns or random.choice((1, 2, 2, 3, 3, 4, 5, 6))):
        talk.exchange(talk.any_topic())
    return talk.finish()


def thinking(random: Random, held_out: bool = False) -> Dialogue:
    """Return a conversation whose last reply is preceded by a thought."""
    talk = Talk(random, held_out)
    for _ in range(random.choice((1, 1, 2))):
        talk.exchange(talk.any_topic())
    return talk.finish(talk.thought(talk.last.thought))


def memory(random: Random, held_out: bool = False) -> Dialogue:
    """Return a conversation in which the player tells facts and asks for one of them later."""
    talk = Talk(random, held_out)
    facts = random.sample(recall.FACTS, random.choice((1, 2, 2, 3)))
    asked = facts[0]
    random.shuffle(facts)
    for fact in facts:
        _tell(talk, fact)
        if random.random() < 0.3:
            talk.exchange(talk.any_topic())
    while len(talk.messages) < 4 or random.random() < 0.3:
        talk.exchange(talk.any_topic())
    thought = _recall(talk, asked)
    return talk.finish(thought if random.random() < 0.12 else None)


def _tell(talk: Talk, fact: recall.Fact) -> None:
    scene = talk.scene
    opening = talk.random.choice(recall.REMEMBER) if talk.random.random() < 0.15 else ""
    told = f"{opening} {scene.say(fact.told)}".strip()
    talk.messages += [Message("user", told), Message("assistant", scene.say(fact.heard))]


def _recall(talk: Talk, fact: recall.Fact) -> str:
    scene = talk.scene
    unseen = scene.held_out and talk.random.random() < 0.5
    question = scene.say(fact.unseen if unseen else fact.asks)
    word = scene.phrase(fact.word)
    reply = Message("assistant", scene.say(fact.answers), expect=Expect("recall", (word,)))
    talk.messages += [Message("user", question), reply]
    scene["word"] = word
    return scene.say(recall.THOUGHT)


def in_json(random: Random, held_out: bool = False) -> Dialogue:
    """Return a conversation whose replies are JSON: asked for, or forced by a constraint."""
    talk = Talk(random, held_out)
    told = random.random() < 0.6
    keys = record.any_keys(random) if told else random.choice(record.KEYS)
    if told:
        talk.system += " " + record.note(random, keys)
    for _ in range(random.choice((1, 1, 2))):
        talk.exchange(talk.any_topic())
        mood = random.choice(talk.last.moods)
        reply = talk.messages[-1]
        text = record.record(random, keys, mood, reply.content)
        forced = 0 if told else 2
        talk.messages[-1] = replace(reply, content=text, forced=forced)
    return talk.finish()


def narration(random: Random, held_out: bool = False) -> Dialogue:
    """Return one or two descriptions of places."""
    scene = Scene(random, held_out)
    messages = [Message("system", random.choice(narrator.SYSTEMS))]
    for _ in range(random.choice((1, 1, 1, 2))):
        the = scene["the"] = narrator.place(random)
        unseen = held_out and random.random() < 0.5
        question = scene.say(narrator.UNSEEN_ASKS if unseen else narrator.ASKS)
        expect = Expect("topic", (the.split()[-1],))
        told = Message("assistant", narrator.describe(scene, the), expect=expect)
        messages += [Message("user", question), told]
    thought = scene.say(narrator.THOUGHT) if random.random() < 0.12 else None
    return Dialogue(tuple(messages), thought=thought)


def tale(random: Random, held_out: bool = False) -> Dialogue:
    """Return a request for a story and the story."""
    if random.random() < 0.5:
        scene = Scene(random, held_out)
        system = random.choice(narrator.SYSTEMS)
    else:
        talk = Talk(random, held_out)
        scene, system = talk.scene, talk.system
    question = story.ask(scene)
    told = Message("assistant", story.tell(scene), expect=Expect("story", (scene["hero"],)))
    thought = scene.say(story.THOUGHT) if random.random() < 0.12 else None
    return Dialogue((Message("system", system), Message("user", question), told), thought=thought)
