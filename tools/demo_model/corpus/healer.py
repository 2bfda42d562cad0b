"""The healer: wounds, potions, herbs."""

from __future__ import annotations

from tools.demo_model.corpus.cast import Cast, Topic

WOUND = Topic(
    asks=(
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
    asks=("I feel sick.", "My child has a fever.", "I have a cough.", "What helps against fever?"),
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
