"""
Give a trained model another vocabulary, so that a better tokenizer need not begin from nothing.

`python -m tools.demo_model.graft OLD.pt OLD-TOKENIZER.json` writes the checkpoint with which the
training then goes on. A token that the old vocabulary has too keeps its embedding; any other gets
the mean of the old tokens that spell it; the training that follows has to put that right.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.demo_model.paths import CHECKPOINT, TOKENIZER
from tools.demo_model.shape import Shape
from tools.demo_model.tokenizer import load_tokenizer
from tools.demo_model.train import Plan, Trainer

EMBEDDING = "token_embd.weight"


def graft(checkpoint: Path, old: Tokenizer, new: Tokenizer, seen: int) -> Trainer:
    """
    Return a trainer with the weights of a checkpoint and the new tokenizer.

    It goes on as if it had learned from `seen` tokens, which decides its share of exercises.
    """
    state = torch.load(checkpoint, weights_only=True)
    shape = Shape(**state["shape"] | {"vocabulary": new.get_vocab_size()})
    trainer = Trainer(shape, Plan(seen), new)
    weights = dict(state["model"])
    weights[EMBEDDING] = _embeddings(weights[EMBEDDING], old, new)
    trainer.model.load_state_dict(weights)
    trainer.seen = seen
    trainer.pool = 2000  # other dialogues than those the old weights have seen
    return trainer


def _embeddings(rows: Tensor, old: Tokenizer, new: Tokenizer) -> Tensor:
    known = old.get_vocab(with_added_tokens=True)
    found = torch.zeros(new.get_vocab_size(), rows.shape[1])
    for token, index in new.get_vocab(with_added_tokens=True).items():
        if token in known:
            found[index] = rows[known[token]]
            continue
        text = new.decoder.decode([token])
        spelled = old.encode(text, add_special_tokens=False).ids
        if spelled:
            found[index] = rows[spelled].mean(0)
    return found


def main() -> None:
    """Write the checkpoint."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("--seen", type=float, default=2e6)
    parser.add_argument("--target", type=Path, default=CHECKPOINT)
    options = parser.parse_args()
    old, new = Tokenizer.from_file(str(options.tokenizer)), load_tokenizer(TOKENIZER)
    graft(options.checkpoint, old, new, int(options.seen)).save(options.target)


if __name__ == "__main__":
    main()
