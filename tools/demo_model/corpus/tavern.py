"""The tavern keeper: dishes, drinks, rooms."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

MENU = Topic(
    asks=(
        "[What can you|What would you] [cook|serve|offer|recommend] [me|us|a hungry man]?",
        (
            "[I would like|I want|We would like|I need] [something to eat|a meal|some food|a hot "
            "meal][.|. What is there?]"
        ),
        (
            "[What dishes|What meals|What food] [are there|do you cook|have you got|do you "
            "serve][ today|]?"
        ),
        (
            "[My belly is empty|I have not eaten all day|We are hungry|I am starving]. [What do "
            "you have|What is there|Is there food]?"
        ),
        "What do you have on the menu?",
        "What is on the menu?",
        "What can I eat here?",
        "I am hungry.",
        "What food do you have?",
        "Do you have food?",
        "What is there to eat?",
        "What do you serve?",
    ),
    unseen=("What is cooking today?", "I could eat something. What do you have?"),
    replies=(
        "We have {good_1}, {good_2}, and {good_3}. The {good_2} is my specialty!",
        "Today there is {good_1}, {good_2} and {good_3}. [What will it be, {title}?|All fresh.]",
        "{good_1}, {good_2} and {good_3}, {title}. [The {good_1} is very good today.|]",
    ),
    words=("{good_1}", "{good_2}", "{good_3}"),
    thought="They want to eat. I have {good_1}, {good_2} and {good_3}.",
    moods=("happy", "proud"),
)

DRINK = Topic(
    asks=(
        (
            "[I would like|I want|Give me|Pour me|We need] [something to drink|a drink|some ale|a "
            "mug of ale|wine][.|, please.|!]"
        ),
        "[What drinks|What kind of ale|Which wine] do you [have|serve|pour]?",
        (
            "[My throat is dry|We are thirsty|The road was dusty]. [A drink|What do you have to "
            "drink|Some ale]?"
        ),
        "I am thirsty.",
        "What do you have to drink?",
        "Bring me something to drink.",
        "Do you have beer?",
        "A drink, please.",
        "Do you have wine?",
    ),
    unseen=("What is there to drink?", "I could use a drink."),
    replies=(
        "I have dark ale, red wine and apple cider. [What shall I pour?|The ale is strong.]",
        "One mug of dark ale for you, {title}. [That is {coins} coins.|Drink slowly.]",
        "The ale is fresh and the wine is old, {title}. [Which one?|Choose well.]",
    ),
    words=("ale", "wine", "cider"),
    thought="They are thirsty. I offer ale and wine.",
    moods=("happy", "calm"),
)

ROOM = Topic(
    asks=(
        (
            "[Have you got|Is there|Do you have] [a free room|a room for the night|a place to "
            "sleep][ for me| for us|]?"
        ),
        (
            "[I would like|I want|We need] [to stay for the night|a room|a bed|to sleep here][.|, "
            "please.]"
        ),
        "[Where can I sleep|Can I stay here tonight|May I stay over night|What does a room cost]?",
        "Do you have a room?",
        "I need a bed for the night.",
        "Can I sleep here?",
        "Is there a room free?",
        "I am tired and need a room.",
        "How much is a room?",
    ),
    unseen=("Could I stay for the night?", "Have you got a bed for me?"),
    replies=(
        "Yes, there is a room free[ upstairs|]. It costs {coins} coins[ a night|].",
        "Of course, {title}. Your room is [upstairs|at the back], for {coins} coins.",
        "I have one small room left, {title}. [The bed is clean.|It is warm and dry.]",
    ),
    words=("room",),
    thought="They need a bed. I have a room.",
    moods=("calm", "happy"),
)

BUSY = Topic(
    asks=(
        "[So many guests|It is loud in here|Your tavern is full|A lot of guests tonight][!|.]",
        "[Who are all these people|Where do all these guests come from|Do you have many guests]?",
        "Is it always this loud here?",
        "Many guests tonight?",
        "Is the tavern always so full?",
    ),
    unseen=("You have many guests today.",),
    replies=(
        "[Every market day|On nights like this], {title}, the guests sing until late.",
        "Where there is good ale there are guests, {title}. [I do not complain.|Find a seat.]",
    ),
    words=("guests",),
    thought="They speak of the guests.",
    moods=("happy", "calm"),
)

FIRE = Topic(
    asks=(
        (
            "[I am cold|I am wet|It rains outside|I am freezing]. [Can I sit by the fire|May I "
            "sit down|Is there a seat]?"
        ),
        "[Is|Can I have|May I take] [the seat|the chair|the place|that bench] by the fire[ free|]?",
        "Is there still a place by the fire?",
        "Is there a place by the fire?",
        "Can I sit by the fire?",
        "Good evening! Is there still a place by the fire?",
        "May I sit down?",
        "It is cold outside. Can I come in?",
    ),
    unseen=("Is that seat by the fire free?", "May I warm myself at your fire?"),
    replies=(
        "There is always a place by the fire, {title}. [Sit down!|Warm your feet.|]",
        "Come in and sit by the fire, {title}. [What can I bring you?|You look cold.]",
        "Take the chair by the fire, {title}. [Are you hungry?|It is the best one.]",
    ),
    words=("fire",),
    thought="They want to sit by the fire. They are welcome.",
    moods=("happy", "calm"),
)

CAST = Cast(
    trades=("tavern keeper", "innkeeper", "barkeeper", "tavern owner"),
    goods=(
        "roasted boar",
        "mushroom stew",
        "fresh bread",
        "onion soup",
        "grilled trout",
        "apple pie",
        "goat cheese",
        "barley porridge",
        "smoked ham",
        "lentil stew",
        "chicken pie",
        "honey cake",
        "pickled eggs",
        "rabbit stew",
        "fried potatoes",
        "blackberry tart",
    ),
    work=(
        "I cook, I pour the ale and I listen.",
        "Nobody leaves my tavern hungry.",
        "My guests need food, ale and a warm fire.",
        "I keep the fire warm and the mugs full.",
    ),
    topics=(MENU, DRINK, ROOM, FIRE, BUSY),
)
