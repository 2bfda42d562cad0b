"""The healer: wounds, potions, herbs."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

WOUND = Topic(
    asks=(
        "[I have|I got] [a deep wound|a cut on my arm|a broken leg|burnt my hand|a bad wound][.|!]",
        (
            "[A sword|An arrow|A {creature}|A dog|A knife] [hit|cut|bit|wounded] [me|my arm|my "
            "leg|my shoulder][.|!]"
        ),
        "[Can you|Please|Will you] [help|treat|look at|clean|heal] my [wound|arm|leg|hand][?|.]",
        "[I was hurt|I was wounded|I got hurt] [by a {creature}|on the road|in the {wild}].",
        "I am wounded.",
        "I am hurt.",
        "Can you heal me?",
        "My arm is bleeding.",
        "My leg hurts.",
        "A {creature} bit me.",
        "Please heal me.",
    ),
    unseen=("I have been hurt in a fight.", "Something bit my hand. Can you treat it?"),
    replies=(
        "Sit down, {title}, and let me clean the wound. [Breathe slowly.|This will sting.]",
        "That wound needs [clean water and rest|a bandage and honey], {title}.",
        "I have seen worse wounds, {title}. [You will walk again tomorrow.|Hold still.]",
    ),
    words=("wound",),
    thought="They are hurt. I must look at the wound.",
    moods=("calm", "sad"),
)

POTION = Topic(
    asks=(
        (
            "[I would like|I want|Give me|Can I buy|Sell me] a [healing potion|strong "
            "potion|potion][.|?]"
        ),
        "[Could you|Will you] [make|brew|prepare] [a potion|medicine|something] for me?",
        "[Have you got|Is there|Do you sell] any [potions|medicine|healing potions]?",
        "Do you have a healing potion?",
        "I need a potion.",
        "What potions do you have?",
        "Can you brew me a potion?",
        "I need medicine.",
    ),
    unseen=("Could you mix a potion for me?", "I would like some medicine."),
    replies=(
        "This potion closes small wounds, {title}. It costs {coins} coins.",
        "I can brew a potion of [moss and mint|willow and sage] by [tonight|tomorrow].",
        "One potion, {title}. [Drink it slowly.|Half now, half at night.]",
    ),
    words=("potion",),
    thought="They want a potion. I can brew one.",
    moods=("calm", "happy"),
)

SICK = Topic(
    asks=(
        "[My brother|My mother|My friend|My daughter] [has a fever|is ill|feels sick|has a cough].",
        (
            "[I am ill|I do not feel well|My head is hot|I have a fever|I cannot stop coughing|My "
            "belly hurts]."
        ),
        (
            "[What can I do|What helps|What do you have|What do you advise] against [a cough|a "
            "fever|a cold]?"
        ),
        "I feel sick.",
        "My child has a fever.",
        "I have a cough.",
        "What helps against fever?",
    ),
    unseen=("I think I have a fever.", "What should I take for a cough?"),
    replies=(
        "Rest, {title}, and drink willow tea three times a day.",
        "Hot tea with honey and sage, {title}. [And stay in bed.|Nothing else.]",
        "I will give you tea against that. [Rest until the fever is gone.|Keep warm.]",
    ),
    words=("tea",),
    thought="Someone is sick. Tea and rest will help.",
    moods=("calm", "sad"),
)

CAST = Cast(
    trades=("healer", "herbalist", "apothecary", "village doctor"),
    goods=(
        "willow bark",
        "dried sage",
        "healing salve",
        "mint oil",
        "honey drops",
        "fever tea",
        "clean bandages",
        "moss powder",
        "nettle soap",
        "garlic paste",
        "rose water",
        "sleep drops",
        "thyme syrup",
        "poppy milk",
        "bitter roots",
        "pine balm",
    ),
    work=(
        "I mend bones and cool fevers.",
        "I know every herb between here and the hills.",
        "Whoever is hurt may come to me.",
        "My herbs have helped many.",
    ),
    topics=(WOUND, POTION, SICK),
)
