"""One model file and its KV cache in llama.cpp."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal, cast

import llama_cpp
import llama_cpp.llama_cpp as api

from bridge.engine.backend import BackendError, Decoded, Scores
from bridge.engine.batch import Batch
from bridge.engine.constraint import TokenTable
from bridge.engine.llama.choosing import MANY, ROWS, sample_among, sample_likeliest
from bridge.engine.llama.probabilities import lead, log_probabilities
from bridge.engine.llama.sampler import LlamaSampler
from bridge.engine.llama.vocabulary import LlamaVocabulary
from bridge.engine.llama.waiting import Sleepers, StartAndStay
from bridge.engine.lookup import MOST
from bridge.engine.sampler import Sampler
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import Sampling

log = logging.getLogger("hearsay.llama")

_DECODED = {0: Decoded.DONE, 1: Decoded.FULL, 2: Decoded.ABORTED}
_LEVELS = {1: logging.DEBUG, 2: logging.DEBUG, 3: logging.WARNING, 4: logging.ERROR}
KvType = Literal["f16", "q8_0", "q4_0"]
_KV_TYPES = {
    "f16": api.GGML_TYPE_F16,
    "q8_0": api.GGML_TYPE_Q8_0,
    "q4_0": api.GGML_TYPE_Q4_0,
}
_log_callbacks: list[object] = []
"""Kept for ever: llama.cpp speaks to the last one, also when its backend is gone."""

_CELL_BLOCK = 256  # llama.cpp rounds a context up to this many cells.


@dataclass(frozen=True, kw_only=True)
class LlamaOptions:
    """
    How to load a model.

    `safe` avoids the CPU's special matrix units (AMX and the like). `kv_type` is how the cache
    holds keys and values: q8_0 takes half the memory of f16, q4_0 a quarter, at some quality.
    """

    path: Path
    slots: int
    context: int
    threads: int
    gpu_layers: int
    safe: bool
    batch_tokens: int = 512
    kv_type: KvType = "f16"


_new_bytes = ctypes.pythonapi.PyBytes_FromStringAndSize
"""Makes bytes to be written into, once, before anybody has seen them: a state is copied only once.

Ten megabytes that are cleared, written and copied take three times as long as written."""
_new_bytes.restype = ctypes.py_object
_new_bytes.argtypes = [ctypes.c_char_p, ctypes.c_ssize_t]


def _address(state: bytes) -> ctypes._Pointer[ctypes.c_uint8]:
    return ctypes.cast(ctypes.c_char_p(state), ctypes.POINTER(ctypes.c_uint8))


class LlamaBackend:
    """
    A model file in memory and one unified KV cache. Freed by the end of the process.

    `start_and_stay` is what `Sleepers` needs; without it threads wait as OpenMP was told at first.
    """

    def __init__(
        self,
        options: LlamaOptions,
        progress: Callable[[float], None],
        start_and_stay: StartAndStay | None = None,
    ) -> None:
        self._complaints: list[str] = []
        callback = api.llama_log_callback(self._log)
        _log_callbacks.append(callback)
        api.llama_log_set(callback, ctypes.c_void_p(0))
        api.llama_backend_init()
        self._model = self._load(options, progress)
        self._vocab = api.llama_model_get_vocab(self._model)
        self._words = LlamaVocabulary(self._vocab)
        self.vocabulary = len(self._words)
        self._context = self._open(options)
        self._memory = api.llama_get_memory(self._context)
        self.context = min(api.llama_n_ctx(self._context), self.trained_context)
        self.cells = api.llama_n_ctx(self._context)
        self.slots = options.slots
        self.batch_tokens = options.batch_tokens
        self.rewinds = not (
            api.llama_model_is_recurrent(self._model) or api.llama_model_is_hybrid(self._model)
        )
        self._rows = _Rows(options.batch_tokens, options.slots)
        self._threads = options.threads
        self._asked = 0
        self._sleepers = Sleepers(start_and_stay)
        self.sleeps = self._sleepers.work

    @property
    def trained_context(self) -> int:
        """How many tokens the model was trained to look back on."""
        return int(api.llama_model_n_ctx_train(self._model))

    @property
    def parameters(self) -> int:
        """How many weights the model has."""
        return int(api.llama_model_n_params(self._model))

    @property
    def size_bytes(self) -> int:
        """How large the weights are in memory."""
        return int(api.llama_model_size(self._model))

    @property
    def description(self) -> str:
        """The architecture, size and quantisation in llama.cpp's words."""
        buffer = ctypes.create_string_buffer(256)
        api.llama_model_desc(self._model, buffer, 256)
        text = str(buffer.value.decode("utf-8", "replace"))
        return text.replace("?B", f"{self.parameters / 1e6:.1f}M")  # Sizes it has no name for.

    @property
    def system_info(self) -> str:
        """What llama.cpp was built with and found."""
        return str(api.llama_print_system_info().decode("utf-8", "replace").strip())

    @property
    def state_form(self) -> str:
        """What the bytes of `save` depend on beside the model file."""
        return str(llama_cpp.__version__)  # The kind of the cache stands in the bytes themselves.

    @property
    def chat_template(self) -> str | None:
        """The Jinja source in the model file, if there is one."""
        template = api.llama_model_chat_template(self._model, None)
        return template.decode("utf-8", "replace") if template else None

    @property
    def start_text(self) -> str:
        """How the token that starts a text is spelled; empty if there is none."""
        return self._words.spelling(api.llama_vocab_bos(self._vocab))

    @property
    def end_text(self) -> str:
        """How the token that ends a text is spelled; empty if there is none."""
        return self._words.spelling(api.llama_vocab_eos(self._vocab))

    @property
    def control_texts(self) -> list[str]:
        """How the control tokens are spelled."""
        controls = sorted(self._words.controls)
        return [text for token in controls if (text := self._words.spelling(token))]

    @property
    def longest_token(self) -> int | None:
        """How many bytes of a text one token can be, at the most; None where nobody knows."""
        return self._words.longest

    @property
    def token_table(self) -> TokenTable:
        """The vocabulary as a compiler of constraints needs it."""
        return TokenTable(
            texts=self._words.texts,
            controls=self._words.controls,
            ends=self._words.ends,
            tokenize=partial(self.tokenize, special=False, start=False),
        )

    def decode(self, batch: Batch) -> Decoded:
        """Read a batch; raises BackendError."""
        self._asked = len(batch.wanted)
        code = api.llama_decode(self._context, self._rows.fill(batch))
        if code not in _DECODED:
            raise BackendError(f"llama_decode returned {code}: {self._last_complaint()}")
        return _DECODED[code]

    def sample(self, row: int, sampler: Sampler, allowed: bytes | None = None) -> int:
        """Choose the token that follows a row of the last batch, among those `allowed`."""
        chain, keeps = cast(LlamaSampler, sampler).chain, cast(LlamaSampler, sampler).keeps
        if allowed is not None:
            return sample_among(chain, self._context, row, allowed, self.vocabulary)
        if keeps and self.vocabulary >= MANY and self._asked >= ROWS:
            return sample_likeliest(chain, self._context, row, keeps, self.vocabulary)
        return int(api.llama_sampler_sample(chain, self._context, row))

    def scores(self, row: int, token: int, top: int) -> Scores:
        """Return the log probability of a token of a row, then those of the `top` likeliest."""
        logits = api.llama_get_logits_ith(self._context, row)
        return log_probabilities(logits, self.vocabulary, token, top)

    def lead(self, row: int) -> float:
        """Return by how much the likeliest token of a row leads the next (natural logarithm)."""
        return lead(api.llama_get_logits_ith(self._context, row), self.vocabulary)

    def copy(self, source: int, target: int, length: int) -> None:
        """Share the first cells of a slot; nothing is moved (unified cache)."""
        api.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def forget(self, slot: int, keep: int) -> int:
        """Drop what a slot holds beyond its first `keep` tokens; return how many are left."""
        if api.llama_memory_seq_rm(self._memory, slot, keep, -1):
            return keep
        api.llama_memory_seq_rm(self._memory, slot, -1, -1)  # A whole sequence always goes.
        return 0

    def save(self, slot: int) -> bytes:
        """Return the keys and values of a slot as llama.cpp writes them."""
        room = api.llama_state_seq_get_size(self._context, slot)
        state: bytes = _new_bytes(None, room)
        size = api.llama_state_seq_get_data(self._context, _address(state), room, slot)
        return state if size == room else state[:size]

    def restore(self, slot: int, state: bytes) -> bool:
        """Give an empty slot what `save` returned; False when it does not fit."""
        done = api.llama_state_seq_set_data(self._context, _address(state), len(state), slot)
        return bool(done)

    def sampler(
        self, sampling: Sampling, *, seed: int, ignore_eos: bool, history: list[int]
    ) -> LlamaSampler:
        """Make a sampler; `seed` is 32 bits, `history` what its penalties look back on."""
        banned = self._words.ends if ignore_eos else frozenset[int]()
        return LlamaSampler(self._vocab, self.context, sampling, seed, banned, history)

    def tokenize(self, text: str, *, special: bool, start: bool) -> list[int]:
        """Return the tokens of a text; `start` puts the model's start token in front, if any."""
        data = text.encode("utf-8")
        room = len(data) + 2
        while True:
            tokens = (api.llama_token * room)()
            count = api.llama_tokenize(self._vocab, data, len(data), tokens, room, start, special)
            if count >= 0:
                return list(tokens[:count])
            room = -count

    def piece(self, token: int) -> bytes:
        """Return a token's text, perhaps half a code point; nothing for control tokens."""
        return self._words.piece(token)

    def ends(self, token: int) -> bool:
        """Whether a token ends a reply."""
        return token in self._words.ends

    def use_threads(self, count: int) -> None:
        """Let so many threads work on the next batches; no more than were asked for at first."""
        if count != self._threads:  # llama.cpp writes a line to its log each time.
            api.llama_set_n_threads(self._context, count, count)
            self._threads = count

    def spin(self, allowed: bool) -> None:
        """Let waiting threads turn in circles or sleep, where this can be changed."""
        if allowed:
            self._sleepers.release()
        else:
            self._sleepers.hold()

    def warm_up(self) -> None:
        """
        Decode two tokens and forget them.

        The first decode is slow, and on a CPU that promises what it does not keep it is fatal:
        better here, where no job is lost, than under a player's first sentence.
        """
        batch = Batch(2, tokens=[0, 0], positions=[0, 1], slots=[0, 0], wanted=[1])
        self.decode(batch)
        self.forget(0, 0)

    def _load(self, options: LlamaOptions, progress: Callable[[float], None]) -> api.llama_model_p:
        parameters = api.llama_model_default_params()
        parameters.n_gpu_layers = options.gpu_layers
        parameters.use_extra_bufts = not options.safe

        def report(fraction: float, _: int | None) -> bool:
            progress(fraction)
            return True

        callback = api.llama_progress_callback(report)
        parameters.progress_callback = callback
        model = api.llama_model_load_from_file(str(options.path).encode(), parameters)
        if not model:
            raise HearsayError(
                ErrorCode.MODEL_FAILED,
                f"llama.cpp cannot load {options.path.name}: {self._last_complaint()}",
            )
        return model

    def _open(self, options: LlamaOptions) -> api.llama_context_p:
        parameters = api.llama_context_default_params()
        cells = -(-options.context // _CELL_BLOCK) * _CELL_BLOCK
        parameters.n_ctx = cells
        parameters.n_batch = parameters.n_ubatch = options.batch_tokens
        parameters.n_seq_max = options.slots
        # One row a slot and those of a guess: 512 would cost 250 MB at 128k.
        parameters.n_outputs_max = options.slots + MOST
        parameters.n_threads = parameters.n_threads_batch = options.threads
        parameters.type_k = parameters.type_v = _KV_TYPES[options.kv_type]
        parameters.kv_unified = True
        parameters.swa_full = True  # Else a shared prefix may be gone from the window's cache.
        parameters.no_perf = True
        context = api.llama_init_from_model(self._model, parameters)
        if not context:
            raise HearsayError(
                ErrorCode.MODEL_FAILED,
                f"llama.cpp cannot make a context of {cells} tokens: {self._last_complaint()}; "
                "try a smaller --ctx or fewer --gpu-layers",
            )
        return context

    def _log(self, level: int, text: bytes, _: int | None) -> None:
        line = text.decode("utf-8", "replace").rstrip()
        if level >= 3 and line and level != 5:
            self._complaints = [*self._complaints[-4:], line]
        if "possible training context overflow" in line:
            return  # Not so: the cells are shared, and one conversation is held to `context`.
        log.log(_LEVELS.get(level, logging.DEBUG), "%s", line)

    def _last_complaint(self) -> str:
        return "; ".join(self._complaints) or "no reason was given"


class _Rows:
    """A llama_batch whose memory is ours, filled anew for every decode."""

    def __init__(self, capacity: int, slots: int) -> None:
        self._tokens = (api.llama_token * capacity)()
        self._positions = (api.llama_pos * capacity)()
        self._counts = (ctypes.c_int32 * capacity)(*[1] * capacity)
        self._ids = [(api.llama_seq_id * 1)(slot) for slot in range(slots)]
        self._pointers = [ctypes.cast(one, ctypes.POINTER(api.llama_seq_id)) for one in self._ids]
        self._slots = (ctypes.POINTER(api.llama_seq_id) * capacity)()
        self._wanted = (ctypes.c_int8 * capacity)()
        self._batch = api.llama_batch(
            n_tokens=0,
            token=self._tokens,
            embd=None,
            pos=self._positions,
            n_seq_id=self._counts,
            seq_id=self._slots,
            logits=self._wanted,
        )

    def fill(self, batch: Batch) -> api.llama_batch:
        count = len(batch)
        self._tokens[:count] = batch.tokens
        self._positions[:count] = batch.positions
        pointers = self._pointers
        self._slots[:count] = [pointers[slot] for slot in batch.slots]
        ctypes.memset(self._wanted, 0, count)
        for row in batch.wanted:
            self._wanted[row] = 1
        self._batch.n_tokens = count
        return self._batch
