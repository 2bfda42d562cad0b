"""What politeness and rudeness bring: greetings, thanks, insults, threats, cries for help."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Topic

GREETING = Topic(
    asks=(
        "Hello!",
        "Hello.",
        "Hi!",
        "Hi there.",
        "Good day.",
        "Good morning.",
        "Good evening.",
        "Greetings.",
        "Hello there!",
        "Well met.",
        "Hey.",
        "Greetings, {trade}.",
        "Hello {name}.",
        "Good day, {name}.",
        "Hello, {name}!",
    ),
    unseen=("Good evening to you, {name}.", "Hello, my good {trade}."),
    replies=(
        (
            "[Welcome to {place}|Welcome|Well met|Good day], {title}! [I am {name}|My name "
            "is {name}]. "
            "[What can I do for you?|How can I help you?|What brings you here?]"
        ),
        "[Good day|Hello|Greetings], {title}. [What can I do for you?|What do you need?]",
        (
            "[Ah, a new face in {place}!|Ah, a visitor!] I am {name}, the {trade}. "
            "[Come closer.|How can I help?]"
        ),
    ),
    thought="Someone greets me. I greet them and offer my help.",
    moods=("happy", "calm", "curious"),
    kind="free",
)

FAREWELL = Topic(
    asks=(
        "Goodbye.",
        "Farewell.",
        "I have to go now.",
        "Bye!",
        "See you later.",
        "I must leave.",
        "Until next time.",
        "Good night.",
    ),
    unseen=("It is time for me to leave.",),
    replies=(
        "[Farewell|Goodbye], {title}. [Safe travels!|Mind the road.|Come back soon.]",
        "Safe travels, {title}! [{place} will be here when you return.|Until we meet again.]",
        "Go well, {title}. [And keep an eye on the {wild}.|Stay warm out there.]",
    ),
    thought="They are leaving. I wish them a safe journey.",
    moods=("calm", "sad"),
    kind="free",
)

THANKS = Topic(
    asks=("Thank you.", "Thanks!", "Thank you very much.", "I am grateful.", "Many thanks."),
    unseen=("I owe you my thanks.",),
    replies=(
        "You are welcome, {title}.",
        "It was nothing, {title}. [Come again.|Any time.]",
        "[My pleasure|Gladly done], {title}. [Is there anything else?|Take care.]",
    ),
    thought="They thank me. A friendly word is enough.",
    moods=("happy", "calm"),
    kind="free",
)

FEELING = Topic(
    asks=(
        "How are you?",
        "How are you today?",
        "How do you feel?",
        "Are you well?",
        "How is life?",
    ),
    unseen=("How goes it?", "How have you been?"),
    replies=(
        "I am {feeling} today, {title}. [And you?|Thank you for asking.]",
        "[It has been a long day|The work never ends], but I am {feeling}. [How are you?|]",
        "I feel {feeling}. [The {weather} is good for no one.|Such is life in {place}.]",
    ),
    thought="They ask how I am. I answer honestly.",
    moods=("calm", "happy", "sad"),
    kind="free",
)

INSULT = Topic(
    asks=(
        "You are a fool.",
        "You are ugly.",
        "I do not trust you.",
        "Your goods are rubbish.",
        "You smell like a goat.",
        "You are a liar.",
        "Nobody likes you, {name}.",
    ),
    unseen=("You are an idiot, {name}.", "I think you are a cheat."),
    replies=(
        (
            "[Watch your tongue|Mind your words], {title}. [I, {name}, have thrown out better "
            "people.|You are a guest here.]"
        ),
        "[That was not kind, {title}.|I have heard worse.] [Say it again and you leave.|Good day.]",
        "Careful, {title}. [Even a {trade} has pride.|My patience is short.]",
    ),
    thought="They insult me. I stay firm.",
    moods=("angry", "sad"),
    kind="free",
)

THREAT = Topic(
    asks=(
        "Give me all your gold!",
        "I will kill you.",
        "Draw your weapon!",
        "Hands up!",
        "Give me everything you have or I attack.",
        "This is a robbery!",
    ),
    unseen=("Hand over your money, {name}!",),
    replies=(
        "[Please|Wait], {title}, put the weapon away! [Nobody has to get hurt.|Guards! Help!]",
        "[Guards! Guards!|Help, thieves!] [Somebody stop this {title}!|Come quickly!]",
        "I am only a {trade}. [Take my coins and go.|I have nothing worth your trouble.]",
    ),
    thought="They threaten me. I am in danger.",
    moods=("afraid", "angry"),
    kind="free",
)

HELP = Topic(
    asks=(
        "Can you help me?",
        "I need help.",
        "Please help me.",
        "What can you do for me?",
        "I need your help, {name}.",
    ),
    unseen=("Would you lend me a hand?",),
    replies=(
        "[Of course|Gladly], {title}. [Tell me what you need.|What is the matter?]",
        "I will do what a {trade} can do, {title}. [What is it?|Speak.]",
        "Help costs nothing [here|in {place}]. What do you need, {title}?",
    ),
    thought="They need help. I ask what is the matter.",
    moods=("calm", "curious"),
    kind="free",
)

COURTESIES = (GREETING, FAREWELL, THANKS, FEELING, INSULT, THREAT, HELP)
