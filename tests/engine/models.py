"""Tiny models with random weights: their text is noise, and depends on every cell they read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

TAVERN = Path(__file__).parents[2] / "bridge" / "models" / "data" / "tavern.gguf"
WIDTH, LAYERS, HEADS = 64, 2, 4
INNER, STATE, RANK, KERNEL = 128, 16, 4, 4

Tensors = Iterator[tuple[str, npt.NDArray[np.float32]]]


def attention_model(path: Path) -> Path:
    """Write a model of the Llama family, whose memory can be cut anywhere."""
    writer = _writer(path, "llama")
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_feed_forward_length(2 * WIDTH)
    return _finish(writer, path, _attention)


def recurrent_model(path: Path) -> Path:
    """Write a model of the Mamba family, whose memory is one state and cannot be cut."""
    writer = _writer(path, "mamba")
    writer.add_head_count(0)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_feed_forward_length(0)
    writer.add_ssm_conv_kernel(KERNEL)
    writer.add_ssm_inner_size(INNER)
    writer.add_ssm_state_size(STATE)
    writer.add_ssm_time_step_rank(RANK)
    return _finish(writer, path, _recurrent)


def _writer(path: Path, architecture: str) -> gguf.GGUFWriter:
    """Begin a file with the embedded model's vocabulary."""
    writer = gguf.GGUFWriter(path, architecture)
    for name, field in gguf.GGUFReader(TAVERN).fields.items():
        if name.startswith("tokenizer."):
            inner = field.types[1] if len(field.types) > 1 else None
            writer.add_key_value(name, field.contents(), field.types[0], inner)
    writer.add_context_length(2048)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    return writer


def _finish(
    writer: gguf.GGUFWriter, path: Path, tensors: Callable[[np.random.Generator], Tensors]
) -> Path:
    random = np.random.default_rng(7)
    vocabulary = len(gguf.GGUFReader(TAVERN).fields["tokenizer.ggml.tokens"].data)
    writer.add_tensor("token_embd.weight", _normal(random, vocabulary, WIDTH) * 2)
    writer.add_tensor("output_norm.weight", np.ones(WIDTH, np.float32))
    for layer in range(LAYERS):
        for name, values in tensors(random):
            writer.add_tensor(f"blk.{layer}.{name}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _normal(random: np.random.Generator, *shape: int) -> npt.NDArray[np.float32]:
    values: npt.NDArray[np.float32] = random.standard_normal(shape).astype(np.float32)
    return values / np.float32(np.sqrt(shape[-1]))


def _attention(random: np.random.Generator) -> Tensors:
    yield "attn_norm.weight", np.ones(WIDTH, np.float32)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        yield f"{name}.weight", 2 * _normal(random, WIDTH, WIDTH)
    yield "ffn_norm.weight", np.ones(WIDTH, np.float32)
    yield "ffn_gate.weight", _normal(random, 2 * WIDTH, WIDTH)
    yield "ffn_up.weight", _normal(random, 2 * WIDTH, WIDTH)
    yield "ffn_down.weight", _normal(random, WIDTH, 2 * WIDTH)


def _recurrent(random: np.random.Generator) -> Tensors:
    yield "attn_norm.weight", np.ones(WIDTH, np.float32)
    yield "ssm_in.weight", 2 * _normal(random, 2 * INNER, WIDTH)
    yield "ssm_conv1d.weight", _normal(random, INNER, KERNEL)
    yield "ssm_conv1d.bias", np.zeros(INNER, np.float32)
    yield "ssm_x.weight", 2 * _normal(random, RANK + 2 * STATE, INNER)
    yield "ssm_dt.weight", _normal(random, INNER, RANK)
    yield "ssm_dt.bias", np.full(INNER, -2.0, np.float32)
    decay = -np.arange(1, STATE + 1).astype(np.float32) / np.float32(STATE)
    yield "ssm_a", np.tile(decay, (INNER, 1))
    yield "ssm_d", np.ones(INNER, np.float32)
    yield "ssm_out.weight", 2 * _normal(random, WIDTH, INNER)
