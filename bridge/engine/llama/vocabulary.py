"""A model's tokens, read once: their texts, which of them are control, which end a reply."""

from __future__ import annotations

import ctypes

import llama_cpp.llama_cpp as api

_ROOM = 512
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
