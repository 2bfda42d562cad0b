"""Any other trade: copied from the system prompt; and the answers to what nobody foresaw."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

OFF_TOPIC = Topic(
    asks=(
        "What do you think about politics?",
        "Can you swim?",
        "Do you like music?",
        "How old are you?",
        "Do you believe in ghosts?",
        "Are you married?",
        "Tell me a joke.",
        "What is the meaning of life?",
        "Do you know how to fly?",
        "What is your favourite colour?",
        "How far is it to the moon?",
        "Can you teach me magic?",
        "Why is the king so old?",
        "Who built the castle?",
        "What time is it?",
        "Do you dream?",
        "Have you ever seen the sea?",
        "What is love?",
        "Do you know {person_7}?",
        "Where can I find {person_7}?",
        "Have you been to {town_7}?",
        "How do I get to {town_7}?",
        "Is it going to rain?",
        "What do you know about the {creature_7}?",
        "Where is the {wild_7}?",
        "Do you like cats?",
        "Is the king a good man?",
        "Can I trust you?",
        "What is your secret?",
        "Sing me a song.",
        "Who is the best fighter?",
        "Do you have children?",
        "Are you human?",
        "Dance with me!",
    ),
    unseen=("Is the world round?", "Do you like the winter?", "What is behind the mountains?"),
    replies=(
        "That is not for a {trade} to say, {title}. [Ask me something else.|]",
        "I have never thought about that, {title}. [Have you?|I have enough to do.]",
        "[Hm|Well], that is a strange question, {title}. [Why do you ask?|Ask someone wiser.]",
        "I do not know, {title}. [I know my own work, not much more.|The {season} may tell.]",
    ),
    thought="I do not know much about that. I say so.",
    moods=("curious", "calm"),
    kind="free",
)

DANGER = Topic(
    asks=(
        "[What do you know|Have you heard anything|Do people talk] about the [{creature}|{wild}]?",
        "[Is there a|Did you see the|Where is the|Does anyone hunt the] {creature}[ near here|]?",
        (
            "[How dangerous is|What waits in|What is in|Should I go to|Has anybody been to|I am "
            "on my way to] the {wild}[?|.]"
        ),
        (
            "[Can you tell me|Do you know] [something about the {wild}|what lives in the "
            "{wild}|where the {creature} hides]?"
        ),
        "Have you seen the {creature}?",
        "What do you know about the {wild}?",
        "Is it dangerous near the {wild}?",
        "I want to go to the {wild}.",
        "Are you afraid of the {creature}?",
    ),
    unseen=("Would you go to the {wild}?", "Tell me about the {creature}."),
    replies=(
        "Stay away from the {wild}, {title}. [The {creature} hunts there.|Few come back.]",
        "They saw the {creature} near the {wild}. [I lock my door now.|Be careful, {title}.]",
        "The {creature} came out of the {wild} {time}. [Nobody sleeps well since then.|]",
    ),
    words=("{wild}", "{creature}"),
    thought="They ask about the {creature} and the {wild}. I warn them.",
    moods=("afraid", "curious"),
)

WEATHER = Topic(
    asks=(
        (
            "[What weather|What a day|Such weather|A fine day today|It is cold today|It is wet "
            "outside][!|.]"
        ),
        "[Will it|Do you think it will] [rain|snow|be cold|be warm][ today| tomorrow|]?",
        "[What about|How was|What do you say about] the weather[| today| lately]?",
        "How is the weather?",
        "Nice weather today.",
        "What about the {weather}?",
        "It is cold.",
    ),
    unseen=("What will the weather be?",),
    replies=(
        "The {weather} never ends in {season}, {title}. [One gets used to it.|]",
        "More {weather} is coming, I feel it. [Keep your cloak close.|]",
    ),
    words=("{weather}",),
    thought="They talk about the weather.",
    moods=("calm", "sad"),
)

CAST = Cast(
    trades=(),
    goods=(),
    work=(
        "It is honest work.",
        "My father did the same.",
        "It is a hard life, but a good one.",
        "I would not want any other life.",
        "I have done it for {number} years.",
        "Somebody has to do it.",
    ),
    topics=(DANGER, WEATHER),
)

RUMOURS = (
    "a {creature} was seen near the {wild} {time}",
    "the bridge to {town_4} is broken",
    "{person_4} found a {material} {treasure} in the {wild}",
    "the road to {town_4} is closed",
    "somebody stole the {material} {treasure} of {town_4}",
    "{person_4} vanished {time}",
    "strange lights burn in the {wild} {time}",
    "the well of {town_4} has run dry",
    "a {creature} keeps the people of {town_4} awake",
    "{person_4} of {town_4} has gone mad",
    "the old king hid a {material} {treasure} near {town_4}",
    "{person_4} speaks with the {creature}",
)
TASKS = (
    "bring this letter to {person_3} in {town_3}",
    "find my {material} {treasure}",
    "chase the {creature} out of the {wild}",
    "look for {person_3} in the {wild}",
    "fetch a {material} {treasure} from {town_3}",
    "guard my cart on the way to {town_3}",
    "find out what happened to {person_3}",
    "bring back the {material} {treasure} from the {wild}",
)
