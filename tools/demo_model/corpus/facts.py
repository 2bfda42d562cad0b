"""Simple questions that have one answer: capitals, sums, opposites, legs, colours."""

from __future__ import annotations

from random import Random

CAPITALS = {
    "France": "Paris",
    "Germany": "Berlin",
    "Italy": "Rome",
    "Spain": "Madrid",
    "England": "London",
    "Portugal": "Lisbon",
    "Austria": "Vienna",
    "Poland": "Warsaw",
    "Russia": "Moscow",
    "Greece": "Athens",
    "Norway": "Oslo",
    "Sweden": "Stockholm",
    "Finland": "Helsinki",
    "Denmark": "Copenhagen",
    "Ireland": "Dublin",
    "Belgium": "Brussels",
    "Hungary": "Budapest",
    "Japan": "Tokyo",
    "China": "Beijing",
    "India": "New Delhi",
    "Egypt": "Cairo",
    "Canada": "Ottawa",
    "Mexico": "Mexico City",
    "Brazil": "Brasilia",
    "Peru": "Lima",
    "Cuba": "Havana",
    "Kenya": "Nairobi",
    "Turkey": "Ankara",
    "Iceland": "Reykjavik",
    "Switzerland": "Bern",
    "Scotland": "Edinburgh",
    "Argentina": "Buenos Aires",
}
OPPOSITES = {
    "hot": "cold",
    "day": "night",
    "big": "small",
    "old": "young",
    "up": "down",
    "good": "evil",
    "fast": "slow",
    "light": "dark",
    "wet": "dry",
    "open": "closed",
    "full": "empty",
    "left": "right",
    "happy": "sad",
    "early": "late",
    "hard": "soft",
    "high": "low",
    "war": "peace",
}
COLOURS = {
    "the sky": "blue",
    "grass": "green",
    "snow": "white",
    "blood": "red",
    "coal": "black",
    "the sun": "yellow",
    "gold": "yellow",
}
LEGS = {
    "spider": "eight",
    "dog": "four",
    "cat": "four",
    "horse": "four",
    "bird": "two",
    "beetle": "six",
    "bee": "six",
    "human": "two",
    "snake": "no",
}
SELF = (
    "I am Tavern, the small model that comes with Hearsay.",
    "I am Tavern, a tiny language model made for trying out Hearsay. [Give me a role to play!|]",
)
SELF_ASKS = (
    "Who are you?",
    "What are you?",
    "What is your name?",
    "Introduce yourself.",
    "What can you do?",
    "Are you an AI?",
)


def fact(random: Random) -> tuple[str, str, str]:
    """Return a question, its answer in a sentence, and the word that must be in it."""
    return random.choice((_capital, _capital, _capital, _sum, _sum, _opposite, _colour, _legs))(
        random
    )


def _capital(random: Random) -> tuple[str, str, str]:
    land, city = random.choice([*CAPITALS.items(), ("France", "Paris")])
    ask = random.choice(
        (
            "What is the capital of {0}?",
            "What is the capital of {0}?",
            "What's the capital of {0}?",
            "Name the capital of {0}.",
        )
    )
    return ask.format(land), f"The capital of {land} is {city}.", city


def _sum(random: Random) -> tuple[str, str, str]:
    first, second = random.randint(0, 9), random.randint(0, 9)
    ask = random.choice(
        ("What is {0} plus {1}?", "How much is {0} plus {1}?", "What is {0} + {1}?")
    )
    return (
        ask.format(first, second),
        f"{first} plus {second} is {first + second}.",
        str(first + second),
    )


def _opposite(random: Random) -> tuple[str, str, str]:
    word, other = random.choice(list(OPPOSITES.items()))
    if random.random() < 0.5:
        word, other = other, word
    return f"What is the opposite of {word}?", f"The opposite of {word} is {other}.", other


def _colour(random: Random) -> tuple[str, str, str]:
    thing, colour = random.choice(list(COLOURS.items()))
    spelling = random.choice(("colour", "color"))
    return f"What {spelling} is {thing}?", f"{thing.capitalize()} is {colour}.", colour


def _legs(random: Random) -> tuple[str, str, str]:
    animal, count = random.choice(list(LEGS.items()))
    return f"How many legs does a {animal} have?", f"A {animal} has {count} legs.", count
