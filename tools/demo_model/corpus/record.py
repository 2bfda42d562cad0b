"""Replies in JSON: what a character feels, does and says."""

from __future__ import annotations

import json
from random import Random

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


def record(random: Random, keys: tuple[str, ...], mood: str, line: str) -> str:
    """Return the JSON text with the keys in their order."""
    values = {"mood": mood, "emotion": mood, "action": random.choice(ACTIONS[mood])}
    values["gesture"] = values["action"]
    values["line"] = values["text"] = line
    return json.dumps({key: values[key] for key in keys})


def note(random: Random, keys: tuple[str, ...]) -> str:
    """Return the sentence that asks for JSON."""
    named = ", ".join(keys[:-1]) + " and " + keys[-1]
    return random.choice(NOTES).format(keys=named)
