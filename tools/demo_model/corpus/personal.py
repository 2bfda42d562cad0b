"""What every character can be asked about itself: name, trade, place, news, wishes."""

from __future__ import annotations

from tools.demo_model.corpus import questions
from tools.demo_model.corpus.cast import Topic

NAME = Topic(
    asks=questions.NAME,
    unseen=(
        "May I ask your name?",
        "And who might you be?",
        "Could you tell me your name?",
        "Who is this I am speaking with?",
        "Have you got a name?",
    ),
    replies=(
        "I am {name}, [the|a] {trade}[| here| in {place}| of {place}].",
        "My name is {name}. I am a {trade}[| in {place}].",
        "I am called {name}. [What can I do for you?|How can I help you?|Welcome to {place}.]",
        "They call me {name}, {title}. [I am the {trade} here.|{work}]",
        "I am {name}. {work}",
    ),
    words=("{name}",),
    thought="They ask for my name. My name is {name}.",
    moods=("calm", "happy", "proud"),
    kind="name",
)

TRADE = Topic(
    asks=questions.TRADE,
    unseen=("What is your profession?", "How do you earn your living?", "What work do you do?"),
    replies=(
        "I am a {trade}. {work}",
        "I work as a {trade}[| here| in {place}]. {work}",
        "I am the {trade} [here|of {place}], {title}. {work}",
        "You are talking to a {trade}, {title}. {work}",
    ),
    words=("{trade}",),
    thought="They ask about my work. I am a {trade}.",
    moods=("calm", "proud", "happy"),
    kind="trade",
)

PLACE = Topic(
    asks=questions.PLACE,
    unseen=("Which town have I come to?", "What do you call this town?", "What town am I in?"),
    replies=(
        "This is {place}, {title}. [I have lived here all my life.|It is a quiet town.|]",
        "You are in {place}. [Most people here are honest.|Mind the mud in the streets.|]",
        "We are in {place}, {title}. [The old part lies by the river.|It is not a large town.|]",
        "This place is called {place}. [I know every stone of it.|Be welcome here.|]",
    ),
    words=("{place}",),
    thought="They ask about this place. It is called {place}.",
    moods=("calm", "happy"),
    kind="place",
)

HOME = Topic(
    asks=questions.HOME,
    unseen=("Where do you come from?",),
    replies=(
        "I live in {place}. [I have lived here all my life.|It is a good town.|]",
        "{place} is my home. [I know every stone of it.|I would not live anywhere else.|]",
        "I come from {place}, {title}. [Have you heard of it?|It is not far from the {wild}.|]",
    ),
    words=("{place}",),
    thought="They ask where I live. My home is {place}.",
    moods=("calm", "happy"),
    kind="place",
)

RUMOUR = Topic(
    asks=questions.RUMOUR,
    unseen=("What is the talk of the town?", "Has anything strange happened lately?"),
    replies=(
        "They say that {rumour}. [I would be careful.|I only believe half of it.|Keep it quiet.|]",
        "[Well|Aye|Hm], I heard that {rumour}. [Nobody knows more.|Be careful, {title}.|]",
        "[Lean closer, {title}.|Between you and me:] {rumour}. [But I said nothing.|]",
        "People say that {rumour}. [It worries me.|Who knows if it is true?|]",
    ),
    words=("{rumour}",),
    thought="They want news. I heard that {rumour}.",
    moods=("curious", "afraid", "calm"),
)

QUEST = Topic(
    asks=questions.QUEST,
    unseen=("Could you use an adventurer?", "Is there anything I can do for you?"),
    replies=(
        "I need somebody to {task}. [I pay {coins} coins.|It is dangerous, I warn you.|]",
        "[Yes|Indeed], {title}. Please {task}. [I will reward you with {coins} coins.|I beg you.|]",
        "There is one thing: {task}, and [I will be in your debt|{coins} coins are yours].",
    ),
    words=("{task}",),
    thought="They offer help. I want someone to {task}.",
    moods=("curious", "sad", "calm"),
)

RELATIVE = Topic(
    asks=questions.RELATIVE,
    unseen=("How is your {kin_5} called?", "May I know the name of your {kin_5}?"),
    replies=(
        "My {kin_5} is called {relative}. [Why do you ask?|We have not spoken for long.|]",
        "{relative} is my {kin_5}, {title}. [A good soul.|Do you know {relative}?|]",
        "That is {relative}, my {kin_5}. [I worry now and then.|I owe {relative} a lot.|]",
    ),
    words=("{relative}",),
    thought="They ask about my {kin_5}. The name is {relative}.",
    moods=("calm", "curious", "sad"),
)

PERSONAL = (NAME, TRADE, PLACE, HOME, RUMOUR, QUEST, RELATIVE)
