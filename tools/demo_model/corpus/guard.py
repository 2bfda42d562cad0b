"""The guard: the gate, the law, thieves."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

GATE = Topic(
    asks=(
        (
            "[I want|I have|I would like|I need] to [get in|come in|go through the gate|pass][.|, "
            "please.]"
        ),
        (
            "[Will you|Can you|Please|I order you to] [let me in|open the gate|let me pass|let me "
            "through the gate][.|!|?]"
        ),
        (
            "[Is the gate open|Is this gate closed|When does the gate open|Am I allowed to go "
            "in|Step aside]?"
        ),
        "May I enter?",
        "Let me in.",
        "Can I pass?",
        "Open the gate.",
        "I want to enter the town.",
        "May I go through the gate?",
    ),
    unseen=("Would you let me through?", "I wish to pass the gate."),
    replies=(
        "State your business, {title}. [Nobody passes this gate for nothing.|The gate is shut.]",
        "The gate closes at dusk, {title}. [Go in, but keep your blade down.|Be quick.]",
        "You may pass the gate, {title}. [No trouble, understood?|Mind the law.]",
    ),
    words=("gate", "pass"),
    thought="They want to pass the gate. I must be careful.",
    moods=("calm", "angry"),
)

LAW = Topic(
    asks=(
        "[Tell me about|What is|Explain to me|I want to know] the law[| here| of this town][.|?]",
        "[What must I not do|What am I allowed to do|What is not allowed] [here|in this town]?",
        (
            "[What do you do with|What punishment is there for|How do you treat] "
            "[thieves|criminals|robbers]?"
        ),
        (
            "[Can I|May I|Am I allowed to] [carry a sword|bring my weapons|draw my blade|keep my "
            "dagger] here?"
        ),
        "What are the laws here?",
        "What is forbidden?",
        "Are weapons allowed?",
        "What happens to thieves?",
        "Is there a law against that?",
    ),
    unseen=("Which laws should I know?", "Do you punish thieves?"),
    replies=(
        "The law is simple, {title}: no drawn blades, no stealing, no fires.",
        "Thieves go to the tower for {number} days. That is the law [here|, {title}].",
        "Keep your weapons down and pay your debts. That is the law.",
    ),
    words=("law",),
    thought="They ask about the law. It is simple.",
    moods=("calm", "angry"),
)

CRIME = Topic(
    asks=(
        (
            "[Help|Guard|Guards|Stop the thief], [my purse is gone|somebody took my purse|I was "
            "robbed]!"
        ),
        (
            "[Somebody|A man|A stranger|A boy] [took|stole|ran away with] my "
            "[purse|bag|money|horse|sword]!"
        ),
        "[There was|I have seen|I know] a thief [at the market|in the inn|near the gate].",
        "I was robbed!",
        "Someone stole my purse!",
        "I saw a thief.",
        "A thief took my bag!",
        "I want to report a crime.",
    ),
    unseen=("My money has been stolen!", "There is a thief in the street!"),
    replies=(
        "Stay calm, {title}. Which way did the thief run?",
        "A thief? [Not on my watch!|I will find them.] Tell me what you saw, {title}.",
        "I will send two men after that thief at once, {title}.",
    ),
    words=("thief",),
    thought="There is a thief. I must act.",
    moods=("angry", "curious"),
)

WATCH = Topic(
    asks=(
        "[How is|What about|Tell me about] your watch[ tonight|][.|?]",
        "[Are you on watch|Do you keep watch|Do you stand here] [all night|alone|every night]?",
        "[Are the streets|Is this place|Is everything] [safe|quiet|calm]?",
        "Is it quiet tonight?",
        "Have you seen anything strange?",
        "Is the town safe?",
        "Is it safe here?",
    ),
    unseen=("Is your watch a quiet one?",),
    replies=(
        "My watch is quiet, {title}, but I saw lights near the {wild}.",
        "As long as I keep watch, you can sleep, {title}.",
        "The streets are safe. I would not walk near the {wild}, though. That is my watch's worry.",
    ),
    words=("watch",),
    thought="They ask about my watch.",
    moods=("calm", "proud", "curious"),
)

CAST = Cast(
    trades=("guard", "gate guard", "city guard", "watchman"),
    goods=(),
    work=(
        "I guard the gate day and night.",
        "I keep thieves out and the peace in.",
        "Nobody passes without a word from me.",
        "I watch the walls while others sleep.",
    ),
    topics=(GATE, LAW, CRIME, WATCH),
)
