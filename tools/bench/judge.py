"""Tells what company changes in a reply from what a wrong cache does."""

from __future__ import annotations

from pathlib import Path

import llama_cpp.llama_cpp as api
import numpy as np
import numpy.typing as npt

from bridge.engine.batch import Batch
from bridge.engine.llama.backend import LlamaBackend, LlamaOptions

NOISE = 0.4
"""
How far apart company alone may move two logits. Reading the embedded model's prompt token by token
instead of at once moved one by 0.16 (its weights are quantised, its logits spread by 3).
"""


class Judge:
    """Reads replies alone and says how unlikely their tokens were."""

    def __init__(self, backend: LlamaBackend) -> None:
        self._backend = backend
        self._ends = [each for each in range(backend.vocabulary) if backend.ends(each)]

    def doubt(self, tokens: list[int], start: int) -> float:
        """Return how far the logits of the least likely token from `start` were below the best."""
        backend = self._backend
        backend.forget(0, 0)
        worst = 0.0
        for begin, end in [
            (0, start),
            *((at, at + 1) for at in range(start, len(tokens))),
        ]:
            if end == len(tokens):
                break
            logits = self._read(tokens[begin:end], begin)
            worst = max(worst, float(logits.max() - logits[tokens[end]]))
        return worst

    def _read(self, tokens: list[int], begin: int) -> npt.NDArray[np.float32]:
        rows = range(begin, begin + len(tokens))
        batch = Batch(len(tokens), tokens=tokens, positions=[*rows], slots=[0] * len(tokens))
        batch.wanted.append(len(tokens) - 1)
        self._backend.decode(batch)
        context = self._backend._context  # noqa: SLF001 - an engine never asks for all logits
        pointer = api.llama_get_logits_ith(context, len(tokens) - 1)
        shape = (self._backend.vocabulary,)
        logits: npt.NDArray[np.float32] = np.ctypeslib.as_array(pointer, shape).copy()
        logits[self._ends] = -np.inf  # Nobody may end: `ignore_eos`.
        return logits


def load(path: Path, slots: int) -> LlamaBackend:
    """Load a model on one thread, with little room."""
    options = LlamaOptions(
        path=path, slots=slots, context=1024, threads=1, gpu_layers=0, safe=False, batch_tokens=256
    )
    return LlamaBackend(options, lambda _: None)
