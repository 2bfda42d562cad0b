"""
Make the embedded model: tokenizer, training, export, examination.

`python -m tools.demo_model` does it all and can be stopped at any time: called again, it goes on
with the last checkpoint. `python -m tools.demo_model export` ships the checkpoint as it is.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from pathlib import Path

from tools.demo_model.paths import CHECKPOINT, MODEL, TOKENIZER


def export(checkpoint: Path, target: Path) -> None:
    """Write the weights of a checkpoint as a GGUF file."""
    # Only this step and the training need these gigabytes.
    from tools.demo_model.export import write_gguf
    from tools.demo_model.tokenizer import load_tokenizer, vocabulary_of
    from tools.demo_model.train import Trainer

    tokenizer = load_tokenizer(TOKENIZER)
    trainer = Trainer.load(checkpoint, tokenizer)
    model = trainer.model
    write_gguf(target, model.shape, vocabulary_of(tokenizer), model.arrays(), trained=True)
    size = target.stat().st_size / 1e6
    print(f"{target}: {size:.1f} MB, after {trainer.seen / 1e6:.1f} million tokens")


def main() -> None:
    """Do one step, or all of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", nargs="?", choices=("all", "train", "export"), default="all")
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--target", type=Path, default=MODEL)
    options, rest = parser.parse_known_args()
    if any(importlib.util.find_spec(name) is None for name in ("torch", "tokenizers", "gguf")):
        sys.exit("Training needs PyTorch and tokenizers: python -m pip install --group model")
    if options.step in ("all", "train"):
        _run("tools.demo_model.train", "--checkpoint", str(options.checkpoint), *rest)
    if options.step in ("all", "export"):
        export(options.checkpoint, options.target)
    if options.step == "all":
        _run("tools.demo_model.evaluate", str(options.target))


def _run(module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], check=True)


if __name__ == "__main__":
    main()
