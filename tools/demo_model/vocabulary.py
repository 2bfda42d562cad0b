"""What a tokenizer knows, as plain data: all that a model file needs of it."""

from __future__ import annotations

from dataclasses import dataclass

PRE_TOKENIZER = "smollm"
"""llama.cpp's name for how text is split before merging: single digits, then GPT-2's words."""


@dataclass(frozen=True)
class Vocabulary:
    """Tokens in the order of their ids, and the merges in the order of their rank."""

    tokens: tuple[str, ...]
    merges: tuple[str, ...]
