"""A model's tokens, read once: their texts, which of them are control, which end a reply."""

from __future__ import annotations

import ctypes

import llama_cpp.llama_cpp as api

_ROOM = 512
_SPELT_WHOLE = {api.LLAMA_VOCAB_TYPE_SPM, api.LLAMA_VOCAB_TYPE_BPE}
"""Kinds that drop or join nothing of a text (but spaces beside control tokens)."""

_IN_TEXT = frozenset(range(256)) - {0xC0, 0xC1, *range(0xF5, 0x100)}
"""The bytes that UTF-8 has."""

_HIDDEN = api.LLAMA_TOKEN_ATTR_CONTROL | api.LLAMA_TOKEN_ATTR_UNKNOWN


class LlamaVocabulary:
    """
    What llama.cpp knows of every token of a model.

    `texts` has the bytes of each, the spelling of control tokens among them; `controls` are the
    tokens that are no text, `ends` those that end a reply.
    """

    def __init__(self, vocab: api.llama_vocab_p) -> None:
        self._vocab = vocab
        self._buffer = ctypes.create_string_buffer(_ROOM)
        tokens = range(api.llama_vocab_n_tokens(vocab))
        self.texts = [self._text(token) for token in tokens]
        self.controls = frozenset(
            token for token in tokens if api.llama_vocab_get_attr(vocab, token) & _HIDDEN
        )
        self.ends = frozenset(token for token in tokens if api.llama_vocab_is_eog(vocab, token))

    @property
    def longest(self) -> int | None:
        """
        How many bytes of a text one token can be, at the most; None where that is not known.

        A vocabulary without a token for each byte passes over what it cannot spell.
        """
        bytes_there = {text[0] for text in self.texts if len(text) == 1}
        if api.llama_vocab_type(self._vocab) not in _SPELT_WHOLE or not bytes_there >= _IN_TEXT:
            return None
        return max(map(len, self.texts))

    def __len__(self) -> int:
        return len(self.texts)

    def piece(self, token: int) -> bytes:
        """Return what a token adds to a reply: nothing, if it is a control token."""
        return b"" if token in self.controls else self.texts[token]

    def spelling(self, token: int) -> str:
        """Return how a token is spelled in a prompt; nothing for the number of no token."""
        return self.texts[token].decode("utf-8", "replace") if token >= 0 else ""

    def _text(self, token: int) -> bytes:
        buffer = self._buffer
        room = len(buffer)
        count = api.llama_token_to_piece(self._vocab, token, buffer, room, 0, True)
        if count < 0:
            self._buffer = ctypes.create_string_buffer(-count)
            return self._text(token)
        return buffer.raw[:count]
