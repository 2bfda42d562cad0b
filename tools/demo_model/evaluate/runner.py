"""Run prompts through llama.cpp, many at a time."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import llama_cpp

from bridge.engine.llama.choosing import sample_among
from bridge.engine.llama.vocabulary import LlamaVocabulary
from tools.demo_model.evaluate.holding import Held, Holder, Tools
from tools.demo_model.evaluate.rules import Reply

SLOTS = 32
CELLS = 40960
BATCH = 2048


@dataclass(frozen=True)
class Prompt:
    """
    A rendered prompt, and how the reply must begin.

    It is held to a JSON schema, or what it calls to the schemas of `tools`.
    """

    text: str
    forced: str = ""
    schema: str = ""
    tools: Tools = ()


@dataclass
class Run:
    """One prompt on its way: the slot it has, and what was written so far."""

    index: int
    slot: int
    prompt: list[int]
    written: list[int] = field(default_factory=list)
    row: int = -1
    held: Held | None = None


class Model:
    """A GGUF file loaded on the CPU."""

    def __init__(self, path: Path, threads: int, temperature: float, seed: int = 1) -> None:
        self._model = _load(path)
        self._vocabulary = llama_cpp.llama_model_get_vocab(self._model)
        self._context = self._new_context(threads)
        self._sampler = _sampler(temperature, seed)
        self._words = LlamaVocabulary(self._vocabulary)
        self._path = path

    @staticmethod
    def metadata(path: Path) -> dict[str, str]:
        """Return what the file says of itself, as llama.cpp reads it."""
        model = _load(path)
        room = ctypes.create_string_buffer(1 << 16)
        found = {}
        for index in range(llama_cpp.llama_model_meta_count(model)):
            llama_cpp.llama_model_meta_key_by_index(model, index, room, len(room))
            key = room.value.decode()
            llama_cpp.llama_model_meta_val_str_by_index(model, index, room, len(room))
            found[key] = room.value.decode()
        llama_cpp.llama_model_free(model)
        return found

    def close(self) -> None:
        """Free the model."""
        llama_cpp.llama_sampler_free(self._sampler)
        llama_cpp.llama_free(self._context)
        llama_cpp.llama_model_free(self._model)

    def tokens(self, text: str) -> list[int]:
        """Return the ids of a rendered prompt; its markers become control tokens."""
        raw = text.encode()
        room = (llama_cpp.llama_token * (len(raw) + 8))()
        count = llama_cpp.llama_tokenize(
            self._vocabulary, raw, len(raw), room, len(room), False, True
        )
        return list(room[:count])

    def text(self, tokens: Sequence[int]) -> str:
        """Return what the ids spell; control tokens spell nothing."""
        room = ctypes.create_string_buffer(256)
        pieces = bytearray()
        for token in tokens:
            size = llama_cpp.llama_token_to_piece(self._vocabulary, token, room, 256, 0, False)
            pieces += room.raw[:size]
        return pieces.decode("utf-8", "replace")

    def replies(self, prompts: Sequence[Prompt], limit: int = 320) -> list[Reply]:
        """Return the reply to each prompt; the model writes at most `limit` tokens of it."""
        waiting = [
            Run(
                index,
                -1,
                self.tokens(prompt.text + prompt.forced),
                held=self._held(prompt),
            )
            for index, prompt in enumerate(prompts)
        ]
        waiting.reverse()
        free, running = list(range(SLOTS)), list[Run]()
        found: dict[int, Reply] = {}
        while waiting or running:
            running += self._admit(waiting, free)
            for run in self._decode(running):
                ended = self._is_end(run)
                if ended or len(run.written) >= limit:
                    found[run.index] = Reply(
                        prompts[run.index].forced + self.text(run.written), ended
                    )
                    self._forget(run, free)
                    running.remove(run)
        return [found[index] for index in range(len(prompts))]

    def _admit(self, waiting: list[Run], free: list[int]) -> list[Run]:
        admitted: list[Run] = []
        room = BATCH - SLOTS
        while waiting and free and len(waiting[-1].prompt) <= room:
            run = waiting.pop()
            run.slot = free.pop()
            room -= len(run.prompt)
            admitted.append(run)
        return admitted

    def _decode(self, running: list[Run]) -> list[Run]:
        """Decode one step of every run; return them, each with one more token."""
        batch = llama_cpp.llama_batch_init(BATCH, 0, 1)
        for run in running:
            start = len(run.prompt) + len(run.written) - 1 if run.written else 0
            fresh = run.written[-1:] or run.prompt
            for offset, token in enumerate(fresh):
                _add(batch, token, start + offset, run.slot, offset == len(fresh) - 1)
            run.row = batch.n_tokens - 1
        code = llama_cpp.llama_decode(self._context, batch)
        llama_cpp.llama_batch_free(batch)
        if code != 0:
            raise RuntimeError(f"llama_decode returned {code}")
        for run in running:
            run.written.append(self._choose(run))
        return list(running)

    def _choose(self, run: Run) -> int:
        allowed = run.held.allowed() if run.held else None
        if allowed is None:
            token = int(llama_cpp.llama_sampler_sample(self._sampler, self._context, run.row))
        else:
            token = sample_among(self._sampler, self._context, run.row, allowed, len(self._words))
        if run.held and token not in self._words.ends:
            run.held.take(token, self._words.piece(token))
        return token

    def _is_end(self, run: Run) -> bool:
        over = run.held is not None and run.held.over
        return over or run.written[-1] in self._words.ends

    def _held(self, prompt: Prompt) -> Held | None:
        if prompt.schema:
            return self._holder.to_schema(prompt.schema)
        return self._holder.to_tools(prompt.tools, prompt.text) if prompt.tools else None

    @cached_property
    def _holder(self) -> Holder:
        template = Model.metadata(self._path)["tokenizer.chat_template"]
        return Holder(self._words, template, self.tokens)

    def _forget(self, run: Run, free: list[int]) -> None:
        memory = llama_cpp.llama_get_memory(self._context)
        llama_cpp.llama_memory_seq_rm(memory, run.slot, -1, -1)
        free.append(run.slot)

    def _new_context(self, threads: int) -> llama_cpp.llama_context_p:
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = CELLS
        parameters.n_batch = parameters.n_ubatch = BATCH
        parameters.n_seq_max = SLOTS
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.kv_unified = False  # in one shared cache each would look at all of them
        return llama_cpp.llama_init_from_model(self._model, parameters)


def _load(path: Path) -> llama_cpp.llama_model_p:
    llama_cpp.llama_log_set(_silence, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    parameters = llama_cpp.llama_model_default_params()
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), parameters)
    if not model:
        raise FileNotFoundError(f"{path} is not a model that llama.cpp can load")
    return model


def _sampler(temperature: float, seed: int) -> llama_cpp.llama_sampler_p:
    chain = llama_cpp.llama_sampler_chain_init(llama_cpp.llama_sampler_chain_default_params())
    if temperature <= 0:
        llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_greedy())
        return chain
    llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_temp(temperature))
    llama_cpp.llama_sampler_chain_add(chain, llama_cpp.llama_sampler_init_dist(seed))
    return chain


def _add(batch: llama_cpp.llama_batch, token: int, place: int, slot: int, wanted: bool) -> None:
    row = batch.n_tokens
    batch.token[row] = token
    batch.pos[row] = place
    batch.n_seq_id[row] = 1
    batch.seq_id[row][0] = slot
    batch.logits[row] = wanted
    batch.n_tokens = row + 1


# Kept for the life of the process: llama.cpp holds a pointer to it.
_silence = llama_cpp.llama_log_callback(lambda level, text, data: None)  # noqa: ARG005
