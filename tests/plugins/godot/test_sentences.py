"""The addon's sentences are the sidecar's: both read the same texts in the same pieces."""

from __future__ import annotations

import json
import random
from pathlib import Path

from bridge.wire.sentences import _ABBREVIATIONS
from tests.plugins.game import events
from tests.plugins.godot.project import play
from tests.wire.test_sentences import TALK, said

ALPHABET = 'aA1 .!?…"\n。)Ié'
TEXTS = 400


def cases() -> list[tuple[str, int]]:
    """Return texts, each with the length of its pieces."""
    dice = random.Random(7)
    noise = [
        ("".join(dice.choices(ALPHABET, k=dice.randrange(40))), dice.randrange(1, 6))
        for _ in range(TEXTS)
    ]
    words = 'Prof. Dr. z.B. 5. Item U.S. law "No." he said. Mme. Petit 12. Ünder St. Mary\'s. é.'
    short = " ".join(f"So {each}. Yes." for each in sorted(_ABBREVIATIONS))
    return [(TALK, 1), (TALK, 7), (TALK, 1000), (words, 1), (short, 9), *noise]


def test_the_addon_cuts_sentences_as_the_sidecar_does(bare_project: Path, tmp_path: Path) -> None:
    asked = cases()
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(asked), encoding="utf-8")
    told = play(bare_project, tmp_path, "--script", "res://tests/sentences.gd", "--", str(path))
    cut = [event["sentences"] for event in events(told)]
    assert len(cut) == len(asked)
    for (text, size), sentences in zip(asked, cut, strict=True):
        assert sentences == said(text, size), (text, size)
