"""One model file and its KV cache in llama.cpp."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import llama_cpp.llama_cpp as api

from bridge.engine.backend import BackendError, Decoded
from bridge.engine.batch import Batch
from bridge.engine.llama.sampler import LlamaSampler
from bridge.engine.sampler import Sampler
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import Sampling

log = logging.getLogger("hearsay.llama")

_DECODED = {0: Decoded.DONE, 1: Decoded.FULL, 2: Decoded.ABORTED}
_LEVELS = {1: logging.DEBUG, 2: logging.DEBUG, 3: logging.WARNING, 4: logging.ERROR}
_CELL_BLOCK = 256  # llama.cpp rounds a context up to this many cells.


@dataclass(frozen=True, kw_only=True)
class LlamaOptions:
    """How to load a model. `safe` avoids the CPU's special matrix units (AMX and the like)."""

    path: Path
    slots: int
    context: int
    threads: int
    gpu_layers: int
    safe: bool
    batch_tokens: int = 512


class LlamaBackend:
    """A model file in memory and one unified KV cache. Freed by the end of the process."""

    def __init__(self, options: LlamaOptions, progress: Callable[[float], None]) -> None:
        self._complaints: list[str] = []
        self._log_callback = api.llama_log_callback(self._log)  # Must outlive every call.
        api.llama_log_set(self._log_callback, ctypes.c_void_p(0))
        api.llama_backend_init()
        self._model = self._load(options, progress)
        self._vocab = api.llama_model_get_vocab(self._model)
        self.vocabulary = api.llama_vocab_n_tokens(self._vocab)
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
        self._pieces: dict[int, bytes] = {}
        self._ends = frozenset(
            t for t in range(self.vocabulary) if api.llama_vocab_is_eog(self._vocab, t)
        )

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
    def chat_template(self) -> str | None:
        """The Jinja source in the model file, if there is one."""
        template = api.llama_model_chat_template(self._model, None)
        return template.decode("utf-8", "replace") if template else None

    @property
    def start_text(self) -> str:
        """How the token that starts a text is spelled; empty if there is none."""
        return self._spelling(api.llama_vocab_bos(self._vocab))

    @property
    def end_text(self) -> str:
        """How the token that ends a text is spelled; empty if there is none."""
        return self._spelling(api.llama_vocab_eos(self._vocab))

    @property
    def control_texts(self) -> list[str]:
        """How the control tokens are spelled."""
        control = api.LLAMA_TOKEN_ATTR_CONTROL | api.LLAMA_TOKEN_ATTR_UNKNOWN
        return [
            text
            for token in range(self.vocabulary)
            if api.llama_vocab_get_attr(self._vocab, token) & control
            and (text := self._spelling(token))
        ]

    def decode(self, batch: Batch) -> Decoded:
        """Read a batch; raises BackendError."""
        code = api.llama_decode(self._context, self._rows.fill(batch))
        if code not in _DECODED:
            raise BackendError(f"llama_decode returned {code}: {self._last_complaint()}")
        return _DECODED[code]

    def sample(self, row: int, sampler: Sampler) -> int:
        """Choose the token that follows a row of the last batch."""
        chain = cast(LlamaSampler, sampler).chain
        return int(api.llama_sampler_sample(chain, self._context, row))

    def copy(self, source: int, target: int, length: int) -> None:
        """Share the first cells of a slot; nothing is moved (unified cache)."""
        api.llama_memory_seq_cp(self._memory, source, target, 0, length)

    def forget(self, slot: int, keep: int) -> int:
        """Drop what a slot holds beyond its first `keep` tokens; return how many are left."""
        if api.llama_memory_seq_rm(self._memory, slot, keep, -1):
            return keep
        api.llama_memory_seq_rm(self._memory, slot, -1, -1)  # A whole sequence always goes.
        return 0

    def sampler(
        self, sampling: Sampling, *, seed: int, ignore_eos: bool, history: list[int]
    ) -> LlamaSampler:
        """Make a sampler; `seed` is 32 bits, `history` what its penalties look back on."""
        banned = self._ends if ignore_eos else frozenset[int]()
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
        piece = self._pieces.get(token)
        if piece is None:
            piece = self._pieces[token] = self._piece(token, special=False)
        return piece

    def ends(self, token: int) -> bool:
        """Whether a token ends a reply."""
        return token in self._ends

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
        parameters.n_outputs_max = options.slots  # One row a slot: 512 would cost 250 MB at 128k.
        parameters.n_threads = parameters.n_threads_batch = options.threads
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

    def _spelling(self, token: int) -> str:
        return self._piece(token, special=True).decode("utf-8", "replace") if token >= 0 else ""

    def _piece(self, token: int, *, special: bool) -> bytes:
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            count = api.llama_token_to_piece(self._vocab, token, buffer, room, 0, special)
            if count >= 0:
                return buffer.raw[:count]
            room = -count

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
