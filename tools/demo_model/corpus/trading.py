"""What buyers and sellers say."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Topic

GOODS = Topic(
    asks=(
        "[What goods|Which goods|What things|What wares] do you [have|sell|offer]?",
        (
            "[Can I see|Show me|Let me see|I want to see] [what you have|your "
            "wares|what you sell][.|, please.]"
        ),
        "[I want|I would like|I am here] to buy something[.|. What do you have?]",
        "[What is|What have you got] for sale[| today| here]?",
        "[Which|What] [goods|things] are [on sale|for sale|in your shop|on your shelves]?",
        (
            "[Let me|I would like to|I want to|May I] look at [your goods|your wares|the things "
            "you sell][.|, please.]"
        ),
        (
            "[I am looking for|I need|Do you have] [something to buy|something useful|a "
            "present][.|. What do you have?]"
        ),
        "What do you sell?",
        "What do you have for sale?",
        "Show me your goods.",
        "What can I buy?",
        "What do you have?",
        "What can I get here?",
        "Do you sell anything?",
    ),
    unseen=("May I see your goods?", "What is there to buy here?"),
    replies=(
        "I have {good_1}, {good_2} and {good_3}. [What would you like?|Buy the {good_2}.|]",
        (
            "We have {good_1}, {good_2}, and {good_3}. [The {good_3} is my specialty!|Choose, "
            "{title}.]"
        ),
        "I can offer you {good_1}, {good_2} and {good_3}, {title}. [Fair prices, too.|]",
    ),
    words=("{good_1}", "{good_2}", "{good_3}"),
    thought="They ask what I have. I have {good_1}, {good_2} and {good_3}.",
    moods=("happy", "proud", "calm"),
)

PRICE = Topic(
    asks=(
        "[How much is|How much are|What is the cost of|What would I pay for] the {good_1}?",
        "[How many coins is|How much do I owe you for|How much do you want for] the {good_2}?",
        "[And|So] the {good_3}? [How much?|What does it cost?]",
        "How much for the {good_1}?",
        "How many coins for the {good_2}?",
        "What do you want for the {good_3}?",
        "The {good_1}, please. How much?",
        "What is your price for the {good_2}?",
    ),
    unseen=("What is the price of the {good_1}?", "How much do you ask for the {good_2}?"),
    replies=(
        "For you, {coins} coins[|, {title}].",
        "That is {coins} coins[|, and not one less].",
        "{coins} coins, {title}. [It is worth it.|A fair price.|]",
    ),
    words=("coins",),
    thought="They ask for a price. I say {coins} coins.",
    moods=("calm", "happy", "proud"),
)

BUY = Topic(
    asks=(
        "[I want|I'll buy|I choose|I'd like|Let me try] the {buying}[.|, please.]",
        "[Then|Good.|Well,] I'll [have|take] the {buying}.",
        "[Then the|A|One] {short}, please.",
        "[Then I'll have|I will have|I take|I'd like] the {short}[.|, please.]",
        "I'll have the {buying}.",
        "I will take the {buying}.",
        "Give me the {buying}, please.",
        "I would like the {buying}.",
        "I'll have the {short}.",
        "The {short}, please.",
        "I'll take the {short}.",
    ),
    unseen=("I think I will try the {buying}.", "Let me have the {buying}."),
    replies=("{bought}",),
    words=("{buying}",),
    thought="They want the {buying}. I hand it over.",
    moods=("happy", "calm"),
)

TRADING = (GOODS, PRICE, BUY)
