"""How likely the model found its tokens, from its logits as they are."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

LEAST = -9999.0
"""What is told for impossible: JSON has no infinity, and OpenAI says this."""


def log_probabilities(
    logits: Any, vocabulary: int, token: int, top: int
) -> list[tuple[int, float]]:
    """Return a token with its log probability, and then the `top` likeliest with theirs."""
    pointer = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float))
    row = np.ctypeslib.as_array(pointer, (vocabulary,))
    highest = float(row.max())
    # The sum of 128,000 exponentials in single precision is off in the sixth digit.
    total = highest + float(np.log(np.exp(row - highest).sum(dtype=np.float64)))
    likeliest = np.argpartition(row, -top)[-top:] if top else np.empty(0, np.intp)
    ranked = likeliest[np.argsort(-row[likeliest], kind="stable")]
    return [(each, max(float(row[each]) - total, LEAST)) for each in [token, *ranked.tolist()]]
