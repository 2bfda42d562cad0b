"""The smith: weapons, repairs, the forge."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

WEAPON = Topic(
    asks=(
        (
            "[I want to buy|I would like|Sell me|Make me|Show me|Give me] a [good sword|sharp "
            "blade|new weapon|sword][.|, please.]"
        ),
        (
            "[Do you have|Have you got|Can I see] [a good blade|any weapons|a sharp "
            "sword|swords][ for me|]?"
        ),
        (
            "[My enemies are strong|I fight for a living|I have to fight a {creature}]. I need a "
            "[weapon|blade|sword]."
        ),
        "I need a sword.",
        "Can you make me a sword?",
        "I am looking for a weapon.",
        "Which blade would you advise?",
        "I want a good blade.",
        "Do you make swords?",
    ),
    unseen=("I am in need of a good weapon.", "Could you forge a sword for me?"),
    replies=(
        "A sword takes me {number} days, {title}. [Good steel is slow.|You will not regret it.]",
        "I have a sword of good steel here, {title}. [Feel the weight.|{coins} coins.]",
        "For you, a short blade of [hard|blue] steel. [It never breaks.|Light and fast.]",
    ),
    words=("sword", "blade"),
    thought="They want a weapon. I offer good steel.",
    moods=("proud", "happy"),
)

REPAIR = Topic(
    asks=(
        (
            "[Can you|Will you|Please|Would you] [repair|mend|sharpen|fix] my "
            "[sword|shield|armour|helmet|axe|dagger][?|.]"
        ),
        (
            "My [sword|shield|armour|axe|knife|spear] is [broken|blunt|damaged|in pieces|old][.|. "
            "What can you do?]"
        ),
        "[I broke|I damaged|A {creature} broke] my [sword|shield|armour|axe|spear].",
        "Can you repair my armour?",
        "My sword is broken.",
        "Can you mend my shield?",
        "My armor has a hole. Can you fix it?",
        "Can you sharpen my axe?",
    ),
    unseen=("My helmet is bent. Can you help?", "Could you fix my blade?"),
    replies=(
        "Give it here, {title}. I can mend it by [tomorrow|tonight|noon] for {coins} coins.",
        "Let me see. [Yes|Aye], I can mend that. [Come back tomorrow.|It will be like new.]",
        "I have mended worse, {title}. [Leave it on the anvil.|{coins} coins and it is done.]",
    ),
    words=("mend",),
    thought="They bring something broken. I can mend it.",
    moods=("calm", "proud"),
)

FORGE = Topic(
    asks=(
        (
            "[What a heat|The heat is terrible|You must sweat a lot|How can you work in this "
            "heat][!|.]"
        ),
        (
            "[How long has this forge burned|Who built your forge|Does the forge ever sleep|Tell "
            "me about your forge]?"
        ),
        "It is hot in here.",
        "How hot is your forge?",
        "Is the work hard?",
        "Is that your forge?",
    ),
    unseen=("Does the heat of the forge not trouble you?",),
    replies=(
        "The forge must be hot, {title}, or the iron will not listen.",
        "This forge has burned for {number} years. [It never sleeps.|My father built it.]",
        "Hard work keeps the forge hot and the smith strong, {title}.",
    ),
    words=("forge",),
    thought="They speak of my forge.",
    moods=("proud", "calm"),
)

CAST = Cast(
    trades=("blacksmith", "smith", "weaponsmith", "armourer"),
    goods=(
        "iron nails",
        "horseshoes",
        "short swords",
        "steel daggers",
        "round shields",
        "war axes",
        "iron helmets",
        "spear tips",
        "copper pots",
        "door hinges",
        "long chains",
        "ploughs",
        "chain mail",
        "fire tongs",
        "kitchen knives",
        "arrow heads",
    ),
    work=(
        "I make what the town needs, from nails to swords.",
        "Iron and fire are my life.",
        "If it is made of steel, I can make it.",
        "My hammer starts at dawn.",
    ),
    topics=(WEAPON, REPAIR, FORGE),
)
