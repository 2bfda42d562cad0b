"""Train the byte-level BPE tokenizer so that llama.cpp splits text exactly as it does."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from tools.demo_model.corpus.generator import dialogues
from tools.demo_model.render import parts
from tools.demo_model.specials import ALL, CONTROL
from tools.demo_model.vocabulary import Vocabulary

SIZE = 2048
SAMPLE = 20_000
"""How many dialogues the tokenizer learns from."""

_SPECIAL = re.compile("|".join(map(re.escape, ALL)))


def sample_texts(count: int = SAMPLE) -> Iterator[str]:
    """Yield the text of some dialogues, special tokens taken out."""
    for dialogue in dialogues("tokenizer", count):
        for part in parts(dialogue):
            yield from filter(None, _SPECIAL.split(part.text))


def train_tokenizer(texts: Iterable[str], size: int = SIZE) -> Tokenizer:
    """Train on texts; the special tokens get the first ids, `size` counts them too."""
    tokenizer = Tokenizer(models.BPE())
    # This pair is what llama.cpp does for the pre-tokenizer that the model file names.
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[
            AddedToken(token, special=token in CONTROL, normalized=False) for token in ALL
        ],
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def load_tokenizer(path: Path) -> Tokenizer:
    """Read the tokenizer, or train it and write it if it is not there."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        train_tokenizer(sample_texts()).save(str(path))
    return Tokenizer.from_file(str(path))


def vocabulary_of(tokenizer: Tokenizer) -> Vocabulary:
    """Return what the tokenizer has learned as plain data."""
    ids: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return Vocabulary(
        tokens=tuple(sorted(ids, key=lambda token: ids[token])),
        merges=tuple(pair if isinstance(pair, str) else " ".join(pair) for pair in merges),
    )
