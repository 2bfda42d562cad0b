"""Train the model; can be stopped at any moment and goes on from its last checkpoint."""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor

from tools.demo_model.data import Batch, batches
from tools.demo_model.model import Llama
from tools.demo_model.paths import CHECKPOINT, LOG, TOKENIZER
from tools.demo_model.shape import Shape
from tools.demo_model.tokenizer import load_tokenizer

COURSE = (42e6, 60e6)
"""
The lengths that a training is brought to, one after the other, in tokens.

The rates fall towards each, and stand at three quarters again where the second begins.
"""

PAUSE_VARIABLE = "HEARSAY_TRAIN_PAUSE_FILE"
"""Names a file; while it exists, training waits between two steps."""


@dataclass(frozen=True)
class Plan:
    """
    The course of a training; `tokens` is its length.

    One step learns from `workers` batches of `batch` tokens, each in a thread of its own: products
    this small gain little from a second thread.
    """

    tokens: int
    batch: int = 1024
    workers: int = 2
    seed: int = 1
    matrix_rate: float = 0.006
    vector_rate: float = 0.003
    decay: float = 0.05
    warm_up: int = 80_000
    """Tokens in which the rates rise."""

    cool_down: float = 0.4
    """The share of the training, at its end, in which the rates fall to almost nothing."""


class Trainer:
    """A model, its optimizers, and how far it has come."""

    def __init__(self, shape: Shape, plan: Plan, tokenizer: Tokenizer) -> None:
        torch.manual_seed(plan.seed)
        self.plan = plan
        self.tokenizer = tokenizer
        self.model = Llama(shape)
        self.seen = 0
        self.pool = 0
        named = list(self.model.named_parameters())
        matrices = [value for name, value in named if value.ndim == 2 and "embd" not in name]
        others = [value for name, value in named if value.ndim == 1 or "embd" in name]
        self.threads = ThreadPoolExecutor(
            plan.workers, initializer=torch.set_num_threads, initargs=(1,)
        )
        self.matrices = [
            torch.optim.Muon(
                matrices[first :: plan.workers],
                lr=plan.matrix_rate,
                weight_decay=plan.decay,
                ns_steps=3,  # five would cost a quarter of a step
                adjust_lr_fn="match_rms_adamw",
            )
            for first in range(plan.workers)
        ]
        self.vectors = torch.optim.AdamW(
            others, lr=plan.vector_rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True
        )

    @property
    def progress(self) -> float:
        """How much of the plan is done, 0 to 1."""
        return min(1.0, self.seen / self.plan.tokens)

    def step(self, batches: Sequence[Batch]) -> float:
        """Learn from some batches at once; return their mean loss."""
        rate = schedule(self.plan, self.seen)
        for optimizer in self.matrices:
            optimizer.param_groups[0]["lr"] = self.plan.matrix_rate * rate
        self.vectors.param_groups[0]["lr"] = self.plan.vector_rate * rate
        found = list(self.threads.map(self._gradients, batches))
        for value, *parts in zip(
            self.model.parameters(), *(gradients for _, gradients in found), strict=True
        ):
            value.grad = torch.stack(parts).mean(0)
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        list(self.threads.map(lambda each: each.step(), (*self.matrices, self.vectors)))
        self.seen += sum(int((batch.targets > 0).sum()) for batch in batches)
        return sum(loss for loss, _ in found) / len(found)

    def _gradients(self, batch: Batch) -> tuple[float, tuple[Tensor, ...]]:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss: Tensor = self.model.loss(batch.ids, batch.targets, batch.weights)
        return float(loss.detach()), torch.autograd.grad(loss, list(self.model.parameters()))

    def next_pool(self) -> list[Batch]:
        """Return the batches of the next pool of dialogues."""
        self.pool += 1
        plan = self.plan
        return batches(self.tokenizer, plan.seed, plan.batch, self.pool, self.seen)

    def save(self, path: Path) -> None:
        """Write a checkpoint whole, between two pools."""
        state = {
            "shape": asdict(self.model.shape),
            "plan": asdict(self.plan),
            "seen": self.seen,
            "pool": self.pool,
            "model": self.model.state_dict(),
            "matrices": [optimizer.state_dict() for optimizer in self.matrices],
            "vectors": self.vectors.state_dict(),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    @classmethod
    def load(cls, path: Path, tokenizer: Tokenizer) -> Trainer:
        """Return the trainer of a checkpoint, ready to go on."""
        state = torch.load(path, weights_only=True)
        trainer = cls(Shape(**state["shape"]), Plan(**state["plan"]), tokenizer)
        trainer.seen, trainer.pool = state["seen"], state["pool"]
        trainer.model.load_state_dict(state["model"])
        for optimizer, kept in zip(trainer.matrices, state["matrices"], strict=True):
            optimizer.load_state_dict(kept)
        trainer.vectors.load_state_dict(state["vectors"])
        return trainer


def schedule(plan: Plan, seen: int) -> float:
    """Return the rate's share of its height: up, level, then down to a hundredth."""
    if seen < plan.warm_up:
        return max(0.02, seen / plan.warm_up)
    left = (1 - seen / plan.tokens) / plan.cool_down
    return max(0.01, min(1.0, left))


def wait_while_paused() -> None:
    """Return at once, or as soon as the pause file is gone."""
    name = os.environ.get(PAUSE_VARIABLE)
    while name and Path(name).exists():
        time.sleep(2)


def run(trainer: Trainer, checkpoint: Path, log: Path, save_every: float = 60.0) -> None:
    """Train until the plan is done, saving now and then."""
    saved = time.monotonic()
    with log.open("a", encoding="utf-8") as lines:
        while trainer.progress < 1:
            losses, counts = _run_pool(trainer)
            average = sum(losses) / len(losses)
            now = time.strftime("%H:%M:%S")
            print(
                f"{now} {trainer.seen / 1e6:.2f}M tokens, loss {average:.3f}, "
                f"{counts:.0f} tokens/s",
                file=lines,
                flush=True,
            )
            if time.monotonic() - saved > save_every:
                trainer.save(checkpoint)
                saved = time.monotonic()
    trainer.save(checkpoint)


def _run_pool(trainer: Trainer) -> tuple[list[float], float]:
    start, seen = time.monotonic(), trainer.seen
    losses = []
    batches, workers = trainer.next_pool(), trainer.plan.workers
    for first in range(0, len(batches), workers):
        wait_while_paused()
        losses.append(trainer.step(batches[first : first + workers]))
    if not all(math.isfinite(loss) for loss in losses):
        raise FloatingPointError("the loss is not a number any more")
    return losses, (trainer.seen - seen) / (time.monotonic() - start)


def main(arguments: Iterator[str] | None = None) -> None:
    """Begin a training, or go on with the one in the cache."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--tokens",
        type=float,
        nargs="+",
        default=COURSE,
        help="how much text to learn from; of several, the rates fall towards each in turn",
    )
    parser.add_argument("--width", type=int, default=256)
    parser.add_argument("--layers", type=int, default=5)
    parser.add_argument("--hidden", type=int, help="of the feed-forward layers; twice the width")
    parser.add_argument("--matrix-rate", type=float, default=Plan.matrix_rate)
    parser.add_argument("--vector-rate", type=float, default=Plan.vector_rate)
    parser.add_argument("--batch", type=int, default=Plan.batch, help="tokens of one thread")
    parser.add_argument(
        "--cool-down",
        type=float,
        default=Plan.cool_down,
        help="the share at the end in which the rates fall; to end early, go on with fewer tokens",
    )
    parser.add_argument("--checkpoint", type=Path, default=CHECKPOINT)
    parser.add_argument("--log", type=Path, default=LOG)
    parser.add_argument("--threads", type=int, default=Plan.workers)
    options = parser.parse_args(list(arguments) if arguments is not None else None)
    torch.set_num_threads(1)
    tokenizer = load_tokenizer(TOKENIZER)
    if options.checkpoint.exists():
        trainer = Trainer.load(options.checkpoint, tokenizer)
    else:
        hidden = options.hidden or options.width * 2
        shape = Shape(
            tokenizer.get_vocab_size(), options.width, options.layers, options.width // 64, hidden
        )
        plan = Plan(int(options.tokens[0]), options.batch, options.threads)
        trainer = Trainer(shape, plan, tokenizer)
    for tokens in options.tokens:
        trainer.plan = replace(
            trainer.plan,
            tokens=int(tokens),
            matrix_rate=options.matrix_rate,
            vector_rate=options.vector_rate,
            cool_down=options.cool_down,
        )
        run(trainer, options.checkpoint, options.log)


if __name__ == "__main__":
    main()
