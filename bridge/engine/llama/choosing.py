"""Choose a token among a few: those that a constraint allows, or that a sampler would not drop."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp.llama_cpp as api
import numpy as np
from numpy.typing import NDArray

_CANDIDATE = np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])

_FEW = 2048
"""Bytes of a mask; allowed tokens that lie in fewer are handed to the sampler one by one."""


_COLUMNS = 1024

MANY = 16384
ROWS = 4
"""
From so many tokens in a vocabulary, and for so many rows one after another, it pays to look for the
likeliest before sampling: 8 rows take 0.9 ms and not 1.4, but one alone 0.34 ms and not 0.20, for
after a step numpy is in no cache. Threads do not pay: 8 rows on two of them take 1.1 ms on two
cores with nothing else to do, and 3 ms beside others.
"""


def sample_likeliest(
    chain: api.llama_sampler_p, context: api.llama_context_p, row: int, keeps: int, size: int
) -> int:
    """
    Run a sampler chain that would drop all but the `keeps` likeliest tokens first, on few more.

    The same tokens come out, with the same seed as well. llama.cpp writes 1.5 MB of candidates for
    each row of a vocabulary of 128,256; this reads the 0.5 MB of logits, in a half of the time.
    """
    logits = _logits(context, row, size)
    tokens = likeliest(logits, keeps)
    if not keeps <= len(tokens) <= _FEW:  # Very many are alike.
        return int(api.llama_sampler_sample(chain, context, row))
    return _among_few(chain, logits, tokens)


def likeliest(logits: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """
    Return tokens, the `count` likeliest among them and hardly any others; `count` <= 1024.

    Of the best of each of 1024 columns, at least `count` reach the `count`-th: it is a limit.
    """
    columns = logits[: logits.size // _COLUMNS * _COLUMNS].reshape(-1, _COLUMNS)
    limit = np.partition(columns.max(axis=0), -count)[-count]
    return np.flatnonzero(logits >= limit)


def sample_among(
    chain: api.llama_sampler_p, context: api.llama_context_p, row: int, allowed: bytes, size: int
) -> int:
    """
    Run a sampler chain over the allowed tokens alone, as if there were no others.

    So the distribution is the model's own over what is allowed, before anything truncates it. To
    draw freely first and again only if the draw is not allowed would be right without truncation
    alone: top-p over all tokens and top-p over the allowed ones keep different tokens. It is no
    quicker either: where few tokens are allowed the chain has less to do than without a constraint.
    `size` is the vocabulary's. The row's logits are as they were afterwards.
    """
    mask = np.frombuffer(allowed, np.uint8)
    logits = _logits(context, row, size)
    if np.count_nonzero(mask) <= _FEW:
        return _among_few(chain, logits, _tokens(mask, size))
    banned = _tokens(~mask, size)
    kept = logits[banned]
    logits[banned] = -np.inf
    token = int(api.llama_sampler_sample(chain, context, row))
    logits[banned] = kept  # Whoever asks for probabilities is told the model's own.
    return token


def _logits(context: api.llama_context_p, row: int, size: int) -> NDArray[np.float32]:
    return np.ctypeslib.as_array(api.llama_get_logits_ith(context, row), (size,))


def _among_few(
    chain: api.llama_sampler_p, logits: NDArray[np.float32], tokens: NDArray[np.int64]
) -> int:
    candidates: NDArray[Any] = np.empty(len(tokens), _CANDIDATE)
    candidates["id"] = tokens
    candidates["logit"] = logits[tokens]
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


def _tokens(mask: NDArray[np.uint8], size: int) -> NDArray[np.int64]:
    """Return the numbers of the bits that are set; quick where most bytes are empty."""
    filled = np.flatnonzero(mask != 0)
    bits = np.flatnonzero(np.unpackbits(mask[filled], bitorder="little").view(np.bool_))
    numbers: NDArray[np.int64] = (filled[bits >> 3] << 3) + (bits & 7)
    return numbers[: np.searchsorted(numbers, size)]
