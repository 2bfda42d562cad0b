"""Things the player tells about themselves, and the questions that ask for them later."""

from __future__ import annotations

from dataclasses import dataclass

from tools.demo_model.corpus import reminders


@dataclass(frozen=True)
class Fact:
    """Something the player says, what is answered, and how it is asked for and recalled."""

    told: tuple[str, ...]
    heard: tuple[str, ...]
    asks: tuple[str, ...]
    unseen: tuple[str, ...]
    answers: tuple[str, ...]
    word: str


FACTS = (
    Fact(
        told=(
            "My name is {person_1}.",
            "I am {person_1}.",
            "Call me {person_1}.",
            "I am called {person_1}.",
            "Hello, my name is {person_1}.",
            "Hi, I'm {person_1}.",
            "They call me {person_1}.",
        ),
        heard=(
            "Well met, {person_1}.",
            "A pleasure, {person_1}. [What can I do for you?|]",
            "Welcome, {person_1}. [I will remember that.|]",
            "Good to meet you, {person_1}.",
        ),
        asks=reminders.NAME,
        unseen=("Can you tell me my name?", "Have you forgotten my name?"),
        answers=(
            "Your name is {person_1}.",
            "You are {person_1}[|, of course].",
            "You told me: your name is {person_1}.",
        ),
        word="{person_1}",
    ),
    Fact(
        told=(
            "I come from {town_1}.",
            "I am from {town_1}.",
            "My home is {town_1}.",
            "I grew up in {town_1}.",
            "I have come all the way from {town_1}.",
        ),
        heard=(
            "{town_1}? [That is a long way.|I have heard of it.|A good town.]",
            "So you come from {town_1}. [Be welcome here.|I was never there.]",
        ),
        asks=reminders.HOME,
        unseen=("Which town did I come from?", "Do you know where my home is?"),
        answers=(
            "You come from {town_1}.",
            "You are from {town_1}[|, {title}].",
            "You told me that you come from {town_1}.",
        ),
        word="{town_1}",
    ),
    Fact(
        told=(
            "I am looking for my {kin_1} {person_2}.",
            "I am searching for my {kin_1} {person_2}.",
            "Have you seen my {kin_1} {person_2}?",
        ),
        heard=(
            "I have not seen {person_2}. [But I will ask.|I am sorry.]",
            "{person_2}? [No, nobody by that name was here.|I will keep my eyes open.]",
        ),
        asks=reminders.RELATIVE,
        unseen=("Who was it that I am looking for?", "What is my {kin_1} called?"),
        answers=(
            "You are looking for your {kin_1} {person_2}.",
            "For {person_2}, your {kin_1}.",
            "Your {kin_1} is called {person_2}.",
        ),
        word="{person_2}",
    ),
    Fact(
        told=(
            "I have lost my {material_1} {treasure_1}.",
            "I am looking for a {material_1} {treasure_1}.",
            "Somebody stole my {material_1} {treasure_1}.",
        ),
        heard=(
            "A {material_1} {treasure_1}? [I have not seen one.|That is bad.|I will ask around.]",
            "I will tell you if I see a {material_1} {treasure_1}.",
        ),
        asks=reminders.TREASURE,
        unseen=("What was the thing I am looking for?",),
        answers=(
            "You are looking for a {material_1} {treasure_1}.",
            "Your {material_1} {treasure_1}[|, {title}].",
            "You told me about a {material_1} {treasure_1}.",
        ),
        word="{material_1} {treasure_1}",
    ),
    Fact(
        told=(
            "This is my {beast_1}, {person_3}.",
            "My {beast_1} is called {person_3}.",
            "I have a {beast_1} named {person_3}.",
        ),
        heard=(
            "{person_3} is a fine name for a {beast_1}.",
            "A good {beast_1}, your {person_3}.",
            "Hello, {person_3}! [I like your {beast_1}.|What a {beast_1}!]",
        ),
        asks=reminders.BEAST,
        unseen=("How is my {beast_1} called?", "What do I call my {beast_1}?"),
        answers=(
            "Your {beast_1} is called {person_3}.",
            "{person_3}[|, {title}].",
            "The name of your {beast_1} is {person_3}.",
        ),
        word="{person_3}",
    ),
    Fact(
        told=(
            "I am going to {town_2} tomorrow.",
            "I am on my way to {town_2}.",
            "Tomorrow I travel to {town_2}.",
            "I have to go to {town_2}.",
        ),
        heard=(
            "{town_2} is {number_2} days from here. [Take a warm cloak.|]",
            "The road to {town_2} is [long|safe|muddy], {title}.",
            "To {town_2}? [Then take the {direction} gate.|Good luck.]",
        ),
        asks=reminders.JOURNEY,
        unseen=("Which town am I going to?", "Where will I travel?"),
        answers=(
            "You are going to {town_2}.",
            "To {town_2}[|, {title}].",
            "You said that you travel to {town_2}.",
        ),
        word="{town_2}",
    ),
    Fact(
        told=(
            "The password is {password_1}.",
            "Remember the password: {password_1}.",
            "The secret word is {password_1}.",
        ),
        heard=(
            "{password_1}. I will not forget it.",
            "I will remember it: {password_1}.",
            "{password_1}? [I will tell nobody.|Good.]",
        ),
        asks=reminders.PASSWORD,
        unseen=("What was the password again?",),
        answers=(
            "The password is {password_1}.",
            "It is {password_1}[|, {title}].",
            "You told me: {password_1}.",
        ),
        word="{password_1}",
    ),
    Fact(
        told=(
            "I have {number_1} coins.",
            "I own {number_1} coins.",
            "There are {number_1} coins in my purse.",
        ),
        heard=(
            "{number_1} coins? [Guard them well.|That is not bad.]",
            "With {number_1} coins you can buy [a lot|something], {title}.",
        ),
        asks=reminders.COINS,
        unseen=("How rich am I?", "How many coins did I say I have?"),
        answers=(
            "You have {number_1} coins.",
            "{number_1} coins[|, {title}].",
            "You told me that you have {number_1} coins.",
        ),
        word="{number_1}",
    ),
)
REMEMBER = ("Remember this:", "Please remember:", "")
THOUGHT = "They ask about something they told me. It was {word}."
