"""A llama.cpp sampler chain made of the numbers a client sends, in llama.cpp's own order."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator

import llama_cpp.llama_cpp as api

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import Sampling

_MOST_KEPT = 256
"""Of chains that keep more tokens it does not pay to look for the likeliest before."""

_MIROSTAT_WINDOW = 100  # The constant of the reference implementation (arXiv 2007.14966).


class LlamaSampler:
    """
    One sequence's chain: bias, penalties, DRY, top-k, typical, top-p, min-p, XTC, heat, draw.

    The order is that of llama.cpp's common_sampler, so that the same numbers give the same
    distribution as llama-server. What is at its neutral value is left out.
    """

    def __init__(
        self,
        vocab: api.llama_vocab_p,
        context: int,
        sampling: Sampling,
        seed: int,
        banned: frozenset[int],
        history: list[int],
    ) -> None:
        parameters = api.llama_sampler_chain_default_params()
        parameters.no_perf = True
        self.chain = api.llama_sampler_chain_init(parameters)
        maker = _Maker(vocab, context, sampling, seed, banned)
        for sampler in maker.samplers():
            api.llama_sampler_chain_add(self.chain, sampler)
        self.keeps = maker.keeps
        """How many of the likeliest tokens decide what it draws; 0 when more than those do."""
        if maker.looks_back:
            for token in history:
                api.llama_sampler_accept(self.chain, token)

    def accept(self, token: int) -> None:
        """Remember a token that was chosen without this chain."""
        api.llama_sampler_accept(self.chain, token)

    def close(self) -> None:
        """Free the chain; calling it twice is allowed."""
        if self.chain:
            api.llama_sampler_free(self.chain)
            self.chain = None


class _Maker:
    def __init__(
        self,
        vocab: api.llama_vocab_p,
        context: int,
        sampling: Sampling,
        seed: int,
        banned: frozenset[int],
    ) -> None:
        self._vocab = vocab
        self._size = api.llama_vocab_n_tokens(vocab)
        self._context = context
        self._sampling = sampling
        # 0xFFFFFFFF means "draw one" to llama.cpp; a seed that happens to be it must stay a seed.
        self._seed = min(seed, 0xFFFFFFFE)
        self._banned = banned

    @property
    def looks_back(self) -> bool:
        """Whether anything in the chain depends on the tokens that came before."""
        return self._penalises or self._sampling.dry_multiplier > 0

    @property
    def keeps(self) -> int:
        """How many tokens are left after the first truncation; 0 if that is not known before."""
        s = self._sampling
        biases = s.logit_bias or {}
        kept = 1 if s.temperature == 0 else s.top_k
        if kept <= 0 or self.looks_back or s.mirostat or any(b > 0 for b in biases.values()):
            return 0
        kept += len(biases) + len(self._banned)  # These may be among the likeliest and fall out.
        return kept if kept <= _MOST_KEPT else 0

    @property
    def _penalises(self) -> bool:
        s = self._sampling
        return s.repeat_penalty != 1 or s.presence_penalty != 0 or s.frequency_penalty != 0

    def samplers(self) -> Iterator[api.llama_sampler_p]:
        s = self._sampling
        yield from self._biases()
        if self._penalises:
            yield api.llama_sampler_init_penalties(
                self._size,
                self._window(s.repeat_last_n),
                s.repeat_penalty,
                s.frequency_penalty,
                s.presence_penalty,
            )
        if s.dry_multiplier > 0:
            yield self._dry()
        if s.temperature == 0:
            yield api.llama_sampler_init_greedy()
        elif s.mirostat:
            yield from self._mirostat()
        else:
            yield from self._truncations()
            yield api.llama_sampler_init_temp(s.temperature)
            yield api.llama_sampler_init_dist(self._seed)

    def _truncations(self) -> Iterator[api.llama_sampler_p]:
        s = self._sampling
        if s.top_k > 0:
            yield api.llama_sampler_init_top_k(s.top_k)
        if s.typical_p < 1:
            yield api.llama_sampler_init_typical(s.typical_p, 1)
        if s.top_p < 1:
            yield api.llama_sampler_init_top_p(s.top_p, 1)
        if s.min_p > 0:
            yield api.llama_sampler_init_min_p(s.min_p, 1)
        if s.xtc_probability > 0:
            yield api.llama_sampler_init_xtc(s.xtc_probability, s.xtc_threshold, 1, self._seed)

    def _mirostat(self) -> Iterator[api.llama_sampler_p]:
        s = self._sampling
        tau, eta = s.mirostat_tau, s.mirostat_eta
        yield api.llama_sampler_init_temp(s.temperature)
        if s.mirostat == 1:
            yield api.llama_sampler_init_mirostat(
                self._size, self._seed, tau, eta, _MIROSTAT_WINDOW
            )
        else:
            yield api.llama_sampler_init_mirostat_v2(self._seed, tau, eta)

    def _biases(self) -> Iterator[api.llama_sampler_p]:
        wanted = (self._sampling.logit_bias or {}).items()
        biases = {self._token(name): bias for name, bias in wanted}
        biases.update(dict.fromkeys(self._banned, -math.inf))
        if not biases:
            return
        array = (api.llama_logit_bias * len(biases))(
            *[api.llama_logit_bias(token, bias) for token, bias in biases.items()]
        )
        yield api.llama_sampler_init_logit_bias(self._size, len(biases), array)

    def _token(self, name: str) -> int:
        # llama.cpp indexes its logits with this number unchecked.
        if not name.isdecimal() or not name.isascii() or len(name) > 10 or int(name) >= self._size:
            raise HearsayError(
                ErrorCode.INVALID_REQUEST,
                f"logit_bias names token {name[:20]!r}, but this model's tokens are 0 to "
                f"{self._size - 1}",
                "logit_bias",
            )
        return int(name)

    def _dry(self) -> api.llama_sampler_p:
        s = self._sampling
        breakers = [text.encode() for text in s.dry_sequence_breakers]
        return api.llama_sampler_init_dry(
            self._vocab,
            s.dry_multiplier,
            s.dry_base,
            s.dry_allowed_length,
            self._window(s.dry_penalty_last_n),
            (ctypes.c_char_p * len(breakers))(*breakers),
            len(breakers),
        )

    def _window(self, tokens: int) -> int:
        return self._context if tokens < 0 else tokens
