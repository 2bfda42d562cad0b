"""Make models of real shapes with random weights: the speed of a real one, without its wisdom."""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import numpy.typing as npt

from tools.bench.recital import START, spoken

VERSION = 1
"""Counts the ways in which these models were made, so that an old file is not taken for a new."""

CHAT_TEMPLATE = (
    "{{- bos_token }}"
    "{%- for message in messages %}"
    "{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n' }}"
    "{{- message['content'] | trim + '<|eot_id|>' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}"
    "{{- '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
    "{%- endif %}"
)

Progress = Callable[[float], None]
"""Is told how much is done, 0 to 1."""


@dataclass(frozen=True)
class Shape:
    """
    The sizes of a model of the Llama family with tied embeddings.

    One that `recites` has an output of its own: its layers work as those of any other and say
    nothing, and each word of the log (see `recital`) leads to the next.
    """

    name: str
    layers: int
    width: int
    heads: int
    kv_heads: int
    feed_forward: int
    context: int = 8192
    recites: bool = False

    def tensors(self, tokens: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Yield the name and the shape, as numpy counts it, of every tensor."""
        key_width = self.width // self.heads * self.kv_heads
        yield "token_embd.weight", (tokens, self.width)
        for layer in range(self.layers):
            yield f"blk.{layer}.attn_norm.weight", (self.width,)
            yield f"blk.{layer}.attn_q.weight", (self.width, self.width)
            yield f"blk.{layer}.attn_k.weight", (key_width, self.width)
            yield f"blk.{layer}.attn_v.weight", (key_width, self.width)
            yield f"blk.{layer}.attn_output.weight", (self.width, self.width)
            yield f"blk.{layer}.ffn_norm.weight", (self.width,)
            yield f"blk.{layer}.ffn_gate.weight", (self.feed_forward, self.width)
            yield f"blk.{layer}.ffn_up.weight", (self.feed_forward, self.width)
            yield f"blk.{layer}.ffn_down.weight", (self.width, self.feed_forward)
        yield "output_norm.weight", (self.width,)
        if self.recites:
            yield "output.weight", (tokens, self.width)


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("m135", layers=30, width=576, heads=9, kv_heads=3, feed_forward=1536),
        Shape("m135r", layers=30, width=576, heads=9, kv_heads=3, feed_forward=1536, recites=True),
        Shape("m35", layers=4, width=256, heads=4, kv_heads=2, feed_forward=512),
        Shape("m1b", layers=16, width=2048, heads=32, kv_heads=8, feed_forward=8192),
    )
}
"""
The shapes of SmolLM-135M and of Llama-3.2-1B.

m135r knows a log by heart; m35 is small, and what it says comes quickly.
"""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a byte-pair vocabulary of the Llama-3 kind."""

    tokens: list[bytes]
    types: list[int]
    merges: list[bytes]
    begin: int
    end: int

    @classmethod
    def read(cls, path: Path) -> Vocabulary:
        """Read the vocabulary of a GGUF file, which may hold nothing else."""
        fields = gguf.GGUFReader(path).fields

        def texts(key: str) -> list[bytes]:
            field = fields[key]
            return [bytes(field.parts[place]) for place in field.data]

        tokens = texts("tokenizer.ggml.tokens")
        return cls(
            tokens=tokens,
            types=fields["tokenizer.ggml.token_type"].contents(),
            merges=texts("tokenizer.ggml.merges"),
            begin=tokens.index(b"<|begin_of_text|>"),
            end=tokens.index(b"<|eot_id|>"),
        )


def make(
    shape: Shape, vocabulary: Vocabulary, target: Path, *, seed: int, progress: Progress
) -> None:
    """Write a model, quantised to Q4_K_M; the same arguments make the same weights."""
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(".f16.part")
    whole = target.with_suffix(".part")
    try:
        _write(shape, vocabulary, half, seed, lambda done: progress(done / 2))
        _quantise(half, whole, lambda done: progress(0.5 + done / 2))
        whole.replace(target)
    finally:
        half.unlink(missing_ok=True)
        whole.unlink(missing_ok=True)


def _write(shape: Shape, vocabulary: Vocabulary, path: Path, seed: int, progress: Progress) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, shape, vocabulary)
    tensors = list(shape.tensors(len(vocabulary.tokens)))
    for name, sizes in tensors:
        kind = _kind(sizes)
        writer.add_tensor_info(name, sizes, kind, prod(sizes) * kind.itemsize)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    total = sum(prod(sizes) for _, sizes in tensors)
    written = 0
    for name, sizes in tensors:
        writer.write_tensor_data(_tensor(shape, vocabulary, name, sizes, seed))
        written += prod(sizes)
        progress(written / total)
    writer.close()


def _describe(writer: gguf.GGUFWriter, shape: Shape, vocabulary: Vocabulary) -> None:
    writer.add_name(f"bench {shape.name}, random weights")
    writer.add_block_count(shape.layers)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_feed_forward_length(shape.feed_forward)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.width // shape.heads)
    writer.add_rope_freq_base(500000.0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(vocabulary.tokens))
    writer.add_file_type(llama_cpp.LLAMA_FTYPE_MOSTLY_F16)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("llama-bpe")
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.types)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(vocabulary.begin)
    writer.add_eos_token_id(vocabulary.end)
    writer.add_chat_template(CHAT_TEMPLATE)


def _kind(sizes: tuple[int, ...]) -> np.dtype[np.float16] | np.dtype[np.float32]:
    return np.dtype(np.float32) if len(sizes) == 1 else np.dtype(np.float16)


def _tensor(
    shape: Shape, vocabulary: Vocabulary, name: str, sizes: tuple[int, ...], seed: int
) -> npt.NDArray[np.floating]:
    weights = _weights(name, sizes, seed)
    if not shape.recites:
        return weights
    if name.endswith(("attn_output.weight", "ffn_down.weight")):
        return np.zeros_like(weights)
    if name == "output.weight":
        words = spoken(vocabulary.tokens)
        before = [vocabulary.tokens.index(START), *words[:-1]]
        weights[words] = _weights("token_embd.weight", sizes, seed)[before]
    return weights


def _weights(name: str, sizes: tuple[int, ...], seed: int) -> npt.NDArray[np.floating]:
    """
    Return norms of one, and matrices as training starts with them.

    With a deviation of 0.02 the layers outweigh the token that was read last, so that tied
    embeddings do not repeat it for ever, and the logits of 128,256 tokens lie within about ±2.
    """
    if len(sizes) == 1:
        return np.ones(sizes, np.float32)
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    weights = random.standard_normal(sizes, np.float32)
    weights *= 0.02
    return weights.astype(np.float16)


def _quantise(source: Path, target: Path, progress: Progress) -> None:
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M

    def watch(_level: int, text: bytes, _data: object) -> None:
        # llama.cpp says "[  12/ 272] blk.1.…" for each tensor and has no other sign of progress.
        if text.startswith(b"[") and b"/" in text and b"]" in text:
            done, total = text[1 : text.index(b"]")].split(b"/")
            progress(int(done) / int(total))

    listener = llama_cpp.llama_log_callback(watch)
    llama_cpp.llama_log_set(listener, ctypes.c_void_p())
    try:
        code = llama_cpp.llama_model_quantize(
            bytes(source), bytes(target), ctypes.byref(parameters)
        )
    finally:
        llama_cpp.llama_log_set(_SILENCE, ctypes.c_void_p())
    if code != 0:
        raise RuntimeError(f"llama.cpp could not quantise {source.name} (code {code})")


def _ignore(_level: int, _text: bytes, _data: object) -> None:
    """Keep llama.cpp from writing to standard error once nobody listens to it."""


_SILENCE = llama_cpp.llama_log_callback(_ignore)
