"""The merchant: goods from far away, haggling, the road."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

HAGGLE = Topic(
    asks=(
        (
            "[So much|That much|That is too much|What a price|You are too expensive|I cannot pay "
            "that][!|.]"
        ),
        (
            "[Can we|Let us|I want to] [talk about the price|find a better price|haggle|make a "
            "deal][.|?]"
        ),
        (
            "[Is that your last price|Is there a discount|Would you take less|Can you go down a "
            "little]?"
        ),
        "That is too expensive.",
        "Can you make it cheaper?",
        "I only have {coins_2} coins.",
        "Give me a better price.",
        "I will pay half.",
    ),
    unseen=("Could you lower the price?", "That is more than I can pay."),
    replies=(
        "You drive a hard bargain, {title}. {coins} coins, and that is my last price.",
        "[My children must eat, {title}.|I paid more for it myself.] The price is {coins} coins.",
        "For a {title}, a better price: {coins} coins. [Agreed?|Do not tell the others.]",
    ),
    words=("price",),
    thought="They want a better price. I say {coins} coins.",
    moods=("happy", "sad", "calm"),
)

ORIGIN = Topic(
    asks=(
        (
            "[From where|From which town|Where] [do you bring all this|are your goods|did you buy "
            "your goods]?"
        ),
        (
            "[Tell me|I wonder] [where your goods come from|where you got all this|how far you "
            "have travelled][.|]"
        ),
        "[Was it a long way|Was the road long|Did you come a long way]?",
        "Where do your goods come from?",
        "Have you travelled far?",
        "Where did you get all this?",
        "Which road did you take?",
    ),
    unseen=("How far have your goods travelled?",),
    replies=(
        "My goods come from {town_5}, {number} days by [mule|ship|cart].",
        "I travelled the long road from {town_5}, {title}. [My feet still hurt.|It was worth it.]",
        "From {town_5}, past the {wild}. [Not a road for cowards.|A long road, {title}.]",
    ),
    words=("{town_5}",),
    thought="They ask where my goods come from. They come from {town_5}.",
    moods=("proud", "calm"),
)

SELL = Topic(
    asks=(
        (
            "[How much|What|How many coins] [would you give me|do you pay|can I get] for "
            "[my|this] {material} {treasure}?"
        ),
        (
            "[I am selling|I would sell you|Are you interested in|Look at] [a|this|my] {material} "
            "{treasure}[.|?]"
        ),
        "Do you buy things too?",
        "I want to sell this {material} {treasure}.",
        "What would you pay for a {material} {treasure}?",
        "Will you buy my {material} {treasure}?",
    ),
    unseen=("I have a {material} {treasure} to sell.",),
    replies=(
        "A {material} {treasure}? I can give you {coins} coins, {title}.",
        "Let me look at that {treasure}. Hm. {coins} coins, not more.",
        "I buy everything with a story, {title}. For the {treasure}, {coins} coins.",
    ),
    words=("{treasure}",),
    thought="They want to sell a {material} {treasure}. I offer {coins} coins.",
    moods=("curious", "calm"),
)

CAST = Cast(
    trades=("merchant", "trader", "shopkeeper", "spice seller", "peddler"),
    goods=(
        "red silk",
        "black pepper",
        "glass beads",
        "lamp oil",
        "dried figs",
        "silver rings",
        "wool cloaks",
        "leather boots",
        "sea salt",
        "green tea",
        "painted masks",
        "old maps",
        "wax candles",
        "rope and tar",
        "bone dice",
        "blue ink",
    ),
    work=(
        "I buy cheap and I sell fair.",
        "I bring goods from far away.",
        "If it can be carried, I can sell it.",
        "Every thing has its price and its story.",
    ),
    topics=(HAGGLE, ORIGIN, SELL),
)
