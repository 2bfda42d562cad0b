"""Choose a token among those that a constraint allows."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp.llama_cpp as api
import numpy as np
from numpy.typing import NDArray

_CANDIDATE = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])


def sample_among(chain: api.llama_sampler_p, logits: Any, allowed: bytes, vocabulary: int) -> int:
    """
    Run a sampler chain over the allowed tokens alone, as if there were no others.

    So the distribution is the model's own over what is allowed, before anything truncates it. To
    draw freely first and again only if the draw is not allowed would be right without truncation
    alone: top-p over all tokens and top-p over the allowed ones keep different tokens. It is no
    quicker either: where few tokens are allowed the chain has less to do than without a constraint.
    """
    bits = np.unpackbits(np.frombuffer(allowed, np.uint8), count=vocabulary, bitorder="little")
    tokens = np.flatnonzero(bits)
    candidates = np.empty(len(tokens), _CANDIDATE)
    candidates["id"] = tokens
    candidates["logit"] = _row(logits, vocabulary)[tokens]
    candidates["p"] = 0
    array = api.llama_token_data_array(
        data=candidates.ctypes.data_as(ctypes.POINTER(api.llama_token_data)),
        size=len(tokens),
        selected=-1,
        sorted=False,
    )
    api.llama_sampler_apply(chain, ctypes.byref(array))
    # The chain may have sorted or shortened them: `array` says where they are now.
    token = int(array.data[array.selected].id)
    api.llama_sampler_accept(chain, token)
    return token


def _row(logits: Any, vocabulary: int) -> NDArray[np.float32]:
    row: NDArray[np.float32] = np.ctypeslib.as_array(logits, (vocabulary,))
    return row
