"""A log that one of the bench's models knows by heart, and says again though it was changed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from tools.bench.load import Ask, Message

LENGTH = 240
"""Words of the log, one token each."""

CHANGED_EVERY = 24
"""One word of so many is another in what is asked than in what is answered."""

START = "ĊĊ".encode()
"""The empty line before a reply, as byte-pair vocabularies spell it."""

_WORD = re.compile("Ġ[a-z]{3,9}".encode())


def spoken(tokens: Sequence[bytes]) -> list[int]:
    """Return which tokens of a vocabulary the log is made of, in their order; all of them words."""
    found = [token for token, text in enumerate(tokens) if _WORD.fullmatch(text)]
    return found[:LENGTH]


def log(tokens: Sequence[bytes]) -> list[str]:
    """Return the words of the log."""
    return [tokens[token].decode().removeprefix("Ġ") for token in spoken(tokens)]


def repeat(model: str, words: Sequence[str], *, seed: int) -> Ask:
    """Ask for the log to be said again, with words in it that the reply will not have."""
    source = random.Random(f"log, {seed}")
    told = list(words)
    for place in range(source.randrange(CHANGED_EVERY), len(told), CHANGED_EVERY):
        told[place] = source.choice(words)
    text = f"Quest log: {' '.join(told)}."
    return Ask(
        model=model,
        messages=[Message("user", text)],
        max_tokens=len(words),
        seed=seed,
        temperature=0.0,
        top_k=0,
    )
