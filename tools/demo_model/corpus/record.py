"""Replies in JSON: what a character feels, does and says."""

from __future__ import annotations

import json
from random import Random

MOOD_KEYS = ("mood", "emotion", "feeling", "state")
_NAMES = {
    "mood": MOOD_KEYS,
    "action": ("action", "gesture", "move", "does"),
    "line": ("line", "text", "speech", "reply", "words"),
}
_MADE_OF = (("mood", "action", "line"), ("mood", "line"), ("action", "line"))

KEYS = (
    ("mood", "action", "line"),
    ("mood", "action", "line"),
    ("mood", "line"),
    ("action", "line"),
    ("mood", "action", "text"),
    ("emotion", "action", "line"),
    ("line", "mood", "action"),
    ("mood", "line", "action"),
    ("emotion", "text"),
    ("mood", "gesture", "line"),
)
"""What a model writes by itself when only a constraint, and nobody in words, asks for JSON."""

ACTIONS = {
    "calm": ("nods", "looks up", "shrugs", "waits"),
    "happy": ("smiles", "waves", "laughs", "claps hands"),
    "proud": ("stands tall", "points at the wall", "smiles", "folds arms"),
    "sad": ("sighs", "looks down", "shakes head", "turns away"),
    "angry": ("frowns", "slams a fist on the table", "crosses arms", "steps closer"),
    "afraid": ("steps back", "trembles", "looks around", "whispers"),
    "curious": ("leans closer", "raises an eyebrow", "tilts head", "scratches chin"),
}
NOTES = (
    "Answer in JSON with the keys {keys}.",
    "Reply as JSON with {keys}.",
    "Answer only with a JSON object with the keys {keys}.",
    "Use JSON with the keys {keys}.",
)


def any_keys(random: Random) -> tuple[str, ...]:
    """Return keys of many names in any order, so that they are read and not known by heart."""
    kinds = list(random.choice(_MADE_OF))
    if random.random() < 0.5:
        random.shuffle(kinds)
    return tuple(random.choice(_NAMES[kind]) for kind in kinds)


def record(random: Random, keys: tuple[str, ...], mood: str, line: str) -> str:
    """Return the JSON text with the keys in their order."""
    values = {"mood": mood, "action": random.choice(ACTIONS[mood]), "line": line}
    kinds = {key: kind for kind, named in _NAMES.items() for key in named}
    return json.dumps({key: values[kinds[key]] for key in keys})


def note(random: Random, keys: tuple[str, ...]) -> str:
    """Return the sentence that asks for JSON."""
    named = ", ".join(keys[:-1]) + " and " + keys[-1]
    return random.choice(NOTES).format(keys=named)
