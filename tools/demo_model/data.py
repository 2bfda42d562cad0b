"""Turn dialogues into batches of token ids; batch number n is the same in every run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.demo_model.corpus.dialogue import Dialogue
from tools.demo_model.corpus.generator import dialogues
from tools.demo_model.render import Part, parts

POOL = 512
"""Dialogues that are drawn together and sorted by length, so that batches need little padding."""

COPIED_WEIGHT = 2.0
"""How much a token counts that is part of a fact, a tool's name or an argument."""

PROMPT_WEIGHT = 0.5
PROMPT_SHARE = 0.1
"""Of the text that the model will not have to write only a share is learned from, and lightly."""

LONGEST = 1024


@dataclass(frozen=True)
class Batch:
    """Rows of equal length; a weight of 0 marks what is not learned."""

    ids: Tensor
    targets: Tensor
    weights: Tensor


def encode(
    tokenizer: Tokenizer, dialogue: Dialogue, random: Random
) -> tuple[list[int], list[float]]:
    """Return the token ids and how much each counts as a target."""
    ids: list[int] = []
    weights: list[float] = []
    for part in parts(dialogue):
        if not part.text:
            continue
        found = tokenizer.encode(part.text, add_special_tokens=False)
        copied = _spans(part)
        ids += found.ids
        weights += [_weight(part, span, copied, random) for span in found.offsets]
    return ids[:LONGEST], weights[:LONGEST]


def _spans(part: Part) -> list[tuple[int, int]]:
    """Return where the copied words stand in the text."""
    return [
        found.span()
        for word in part.copied
        for found in re.finditer(re.escape(word), part.text, re.IGNORECASE)
    ]


def _weight(
    part: Part, token: tuple[int, int], copied: list[tuple[int, int]], random: Random
) -> float:
    if part.learned:
        inside = any(start < token[1] and token[0] < end for start, end in copied)
        return COPIED_WEIGHT if inside else 1.0
    return PROMPT_WEIGHT if random.random() < PROMPT_SHARE else 0.0


def batches(tokenizer: Tokenizer, seed: int, tokens: int, pool: int, seen: int) -> list[Batch]:
    """
    Return the batches of one pool, in random order, of about `tokens` tokens each.

    `seen` is how many tokens the model has learned from; it shapes the mix.
    """
    drawn = dialogues(f"{seed}/{pool}", POOL, seen)
    random = Random(f"{seed}/{pool}/order")
    rows = sorted(
        (encode(tokenizer, dialogue, random) for dialogue in drawn), key=lambda row: len(row[0])
    )
    found = [_batch(group) for group in _groups(rows, tokens)]
    random.shuffle(found)
    return found


def _groups(
    rows: list[tuple[list[int], list[float]]], tokens: int
) -> Iterator[list[tuple[list[int], list[float]]]]:
    group: list[tuple[list[int], list[float]]] = []
    for row in rows:
        if group and len(row[0]) * (len(group) + 1) > tokens:
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _batch(group: list[tuple[list[int], list[float]]]) -> Batch:
    length = max(len(ids) for ids, _ in group) - 1
    ids = torch.zeros(len(group), length, dtype=torch.long)
    targets = torch.zeros_like(ids)
    weights = torch.zeros(len(group), length)
    for row, (tokens, counts) in enumerate(group):
        size = len(tokens) - 1
        ids[row, :size] = torch.tensor(tokens[:-1])
        targets[row, :size] = torch.tensor(tokens[1:])
        weights[row, :size] = torch.tensor(counts[1:])
    return Batch(ids, targets, weights)
