"""What every character can be asked about itself: name, trade, place, news, wishes."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Topic

NAME = Topic(
    asks=(
        (
            "[May I know|Can you tell me|Could you tell me|Please tell me|Tell "
            "me|I wonder] who you are[.|?|, please.]"
        ),
        "[May I know|Please tell me|I want to know|Will you tell me] your name[.|?|, please.]",
        "[What are you|How are you|And what are you] called[?|, friend?|, stranger?]",
        "[And|So|Well,|Now,] [who are you|what is your name]?",
        "[What name do you go by|By what name do people know you|What do people call you]?",
        (
            "[Who am I speaking to|With whom am I speaking|Who is talking to "
            "me|Whom am I talking with]?"
        ),
        "[Do|Would] you [have a name|tell me your name|give me your name]?",
        (
            "[Your name, please.|Name?|Who stands before me?|Who goes there?|Who "
            "might I be talking to?]"
        ),
        "Who are you?",
        "What is your name?",
        "What's your name?",
        "Tell me your name.",
        "Could you tell me who you are?",
        "Can you tell me your name?",
        "May I know who you are?",
        "And who are you?",
        "Do you have a name?",
        "I would like to know your name.",
        "Who is there?",
        "What are you called?",
        "Your name?",
        "Who am I talking to?",
        "What should I call you?",
        "Introduce yourself.",
        "[Hello|Hi|Good day], who are you?",
        "Please tell me who you are.",
        "I do not know you. What is your name?",
        "[Hello|Hi]! What is your name?",
    ),
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
    asks=(
        "[May I ask|Can you tell me|Tell me|I wonder] what you do [here|for a living|all day][.|?]",
        "[What kind of|What sort of] [work|trade|job] [do you have|is yours|is it that you do]?",
        "[How do you earn your money|What do you live from|What are you working as]?",
        "[And|So|Well,] what [do you do|is your work|is your trade]?",
        "[What do you work as|What is your calling|Which trade is yours]?",
        "What do you do?",
        "What is your trade?",
        "Tell me, what do you do?",
        "What is your profession here?",
        "How do you earn your bread?",
        "What are you doing here?",
        "What sort of work is yours?",
        "Are you a {trade}?",
        "What is your work?",
        "What's your job?",
        "What do you do for a living?",
        "What kind of work do you do?",
        "What do you do here?",
        "Tell me about your work.",
        "Do you work here?",
    ),
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
    asks=(
        (
            "[Can you tell me|Do you know|Tell me|I wonder] [where I am|where we "
            "are|what this place is]?"
        ),
        "[Which|What] [town|place|city] [is this|are we in|have we reached]?",
        "[How is|What do people call|What do they call] this [place called|town called]?",
        "[I am lost.|I do not know this place.|I have just arrived.] Where [am I|are we]?",
        "[So|And|Well,] [where am I|where are we|what is this place]?",
        "Where are we?",
        "What is this place?",
        "Can you tell me where I am?",
        "Which town is this?",
        "Which place have I come to?",
        "What do you call this place?",
        "What is the name of this town?",
        "Where am I?",
        "What town is this?",
        "What is this town called?",
        "Where is this?",
        "What is the name of this place?",
        "What is this town?",
    ),
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
    asks=(
        "[Where do you|In which town do you|In what town do you] live?",
        "[Where were you born|What is your home|Which town is your home|Where did you grow up]?",
        "[And|So|Tell me,] where [are you from|is your home|do you live]?",
        "Where do you live?",
        "Where do you come from, {name}?",
        "Which town do you come from?",
        "Were you born here?",
        "Where are you from?",
        "Where is your home?",
        "Do you live here?",
    ),
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
    asks=(
        "Have you [heard anything new|heard anything|heard any news|heard something new] lately?",
        "[Tell me|What is|Let me hear|Give me] the [latest news|latest rumour|latest gossip][.|?]",
        "[What have you heard|What is new|What are people saying|What do the people talk about]?",
        "[Is there|Have you got] [any news|any gossip|anything new|anything strange]?",
        "[What happened|Did anything happen|Has something happened] [lately|here|around here]?",
        "Any rumors lately?",
        "Any rumours lately?",
        "Have you heard any news?",
        "What is the news?",
        "Have you heard any rumors?",
        "What do people say?",
        "Tell me a rumour.",
        "Any news?",
        "Heard anything interesting?",
        "What is going on around here?",
    ),
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
    asks=(
        "[Is there|Do you have|Have you got] [any work|a task|something to do|a job] for me?",
        "[How can I help you|What can I do for you|How can I help|What may I do for you]?",
        (
            "[I need work.|I need coins.|I want to help.|I am an adventurer.] [Do "
            "you need anything?|What can I do?]"
        ),
        "[Do you need|Are you looking for] [someone|somebody|a hero|an adventurer]?",
        "Do you have work for me?",
        "Do you have a quest for me?",
        "Is there something I can do?",
        "Do you need help?",
        "I am looking for work.",
        "What do you need?",
        "What troubles you?",
    ),
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
    asks=(
        "What is the name of your {kin_5}?",
        "Who is your {kin_5}?",
        "Do you have a {kin_5}?",
        "What is your {kin_5} called?",
        "[Tell me about|How is|Where is] your {kin_5}[.|?]",
    ),
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
