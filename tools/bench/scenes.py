"""What the servers are asked: prompts of words, never the same twice, and a tavern."""

from __future__ import annotations

import random

from tools.bench.load import Ask, Message

# One token each in the vocabulary of Llama 3, with the space before them.
_PROSE = (
    "the old king went down to his river and saw two ships sail past with light from many lamps "
    "over dark water while men on the bridge sang of war love gold snow fire bread stone horses "
    "and roads that lead home through hills where no bird had called since winter came early then "
    "she said we must leave before night falls or they will find us here without food or hope"
)
_WORDS = _PROSE.split(" ")


def words(count: int, source: random.Random) -> str:
    """Return a text of so many words."""
    return " ".join(source.choices(_WORDS, k=count))


def strangers(model: str, *, streams: int, prompt: int, new: int, seed: int) -> list[Ask]:
    """Return requests that share nothing, of about `prompt` tokens, for `new` tokens each."""
    source = random.Random(f"{streams} strangers, {seed}")
    return [
        Ask(
            model=model,
            messages=[Message("user", words(prompt, source))],
            max_tokens=new,
            seed=seed + stream,
        )
        for stream in range(streams)
    ]


def tavern(model: str, *, seed: int, characters: int = 8, new: int = 48) -> list[Ask]:
    """Return a scene: characters who share 400 words of world, each with a part of its own."""
    source = random.Random(f"tavern, {seed}")
    world = words(400, source)
    return [
        Ask(
            model=model,
            messages=[
                Message("system", f"{world} {words(20, source)}"),
                Message("user", words(10, source)),
            ],
            max_tokens=new,
            seed=seed + character,
        )
        for character in range(characters)
    ]
