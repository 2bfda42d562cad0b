"""
Train the byte-level BPE tokenizer so that llama.cpp splits text exactly as it does.

A word must be the same tokens after a space and after a quotation mark, or a model this small
cannot copy it from a sentence into JSON. So merges are learned without spaces; only then the most
frequent words that nobody copies get one token together with the space before them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from tools.demo_model.corpus import calls, names
from tools.demo_model.corpus.generator import dialogues
from tools.demo_model.render import parts
from tools.demo_model.specials import ALL, CONTROL
from tools.demo_model.vocabulary import Vocabulary

SIZE = 2560
SPACED = 640
"""How many of the tokens are words with the space before them."""

SAMPLE = 12_000
"""How many dialogues the tokenizer learns from."""

SPACE = "\u0120"
"""How byte-level BPE writes a space."""

_SPECIAL = re.compile("|".join(map(re.escape, ALL)))
_SPACED_WORD = re.compile(r" ([A-Za-z]+|[^\sA-Za-z0-9]+)")


def sample_texts(count: int = SAMPLE) -> Iterator[str]:
    """Yield the text of some dialogues, special tokens taken out."""
    for dialogue in dialogues("tokenizer", count):
        for part in parts(dialogue):
            yield from filter(None, _SPECIAL.split(part.text))


def train_tokenizer(texts: Iterable[str], size: int = SIZE, spaced: int = SPACED) -> Tokenizer:
    """Train on texts; the special tokens get the first ids, `size` counts all tokens."""
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
        vocab_size=size - spaced,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[
            AddedToken(token, special=token in CONTROL, normalized=False) for token in ALL
        ],
    )
    words: Counter[str] = Counter()
    tokenizer.train_from_iterator(_without_spaces(texts, words), trainer)
    return _with_spaces(tokenizer, words, spaced)


def _without_spaces(texts: Iterable[str], words: Counter[str]) -> Iterator[str]:
    """Yield the texts with line breaks for spaces; count what stands after the spaces."""
    for text in texts:
        words.update(_SPACED_WORD.findall(text))
        yield text.replace(" ", "\n")


def _with_spaces(tokenizer: Tokenizer, words: Counter[str], count: int) -> Tokenizer:
    """Return the tokenizer with last merges of a space and each of the most frequent words."""
    state = json.loads(tokenizer.to_str())
    model = state["model"]
    copied = copied_words() | _beginnings(tokenizer)
    chosen = [word for word, _ in words.most_common() if word in model["vocab"]]
    for word in [word for word in chosen if word not in copied][:count]:
        model["vocab"][SPACE + word] = len(model["vocab"])
        model["merges"].append([SPACE, word])
    return Tokenizer.from_str(json.dumps(state))


def copied_words() -> set[str]:
    """Return the words that replies copy into quotation marks, and how invented names begin."""
    return {re.split("[ _]", value)[0] for value in _copied_values()}


def _beginnings(tokenizer: Tokenizer) -> set[str]:
    """Return the first tokens of such words, single letters aside: "air" of "airlock"."""
    firsts = (tokenizer.encode(value).tokens[0] for value in _copied_values())
    return {token for token in firsts if len(token) > 1}


def _copied_values() -> tuple[str, ...]:
    return (*calls.values(), *names.STARTS, *names.PLACE_STARTS)


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
