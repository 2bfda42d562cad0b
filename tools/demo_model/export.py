"""Write weights and vocabulary into a GGUF file that llama.cpp loads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy
from numpy.typing import NDArray

from tools.demo_model.shape import CONTEXT, Shape, tensor_shapes
from tools.demo_model.specials import BEGIN, CONTROL, END, VISIBLE
from tools.demo_model.vocabulary import PRE_TOKENIZER, Vocabulary

TEMPLATE = Path(__file__).with_name("chat_template.jinja")

Weights = Mapping[str, NDArray[numpy.float32]]


def write_gguf(
    path: Path, shape: Shape, vocabulary: Vocabulary, weights: Weights, *, trained: bool
) -> None:
    """
    Write the file whole: first beside its place, then moved there.

    Matrices become Q8_0, vectors stay float32; widths must be multiples of 32.
    """
    part = path.with_suffix(".part")
    writer = gguf.GGUFWriter(part, "llama")
    _add_description(writer, trained)
    _add_shape(writer, shape)
    _add_tokenizer(writer, vocabulary)
    for name, size in tensor_shapes(shape).items():
        tensor = weights[name]
        if tensor.shape != size:
            raise ValueError(f"{name} is {tensor.shape} and should be {size}")
        _add_tensor(writer, name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    part.replace(path)


def _add_tensor(writer: gguf.GGUFWriter, name: str, tensor: NDArray[numpy.float32]) -> None:
    if tensor.ndim == 1:
        writer.add_tensor(name, tensor)
        return
    kind = gguf.GGMLQuantizationType.Q8_0
    writer.add_tensor(name, gguf.quants.quantize(tensor, kind), raw_dtype=kind)


def _add_description(writer: gguf.GGUFWriter, trained: bool) -> None:
    writer.add_name("Hearsay Tavern")
    writer.add_author("The Hearsay authors")
    writer.add_license("MIT")
    writer.add_description("A tiny character model for trying, wiring and testing Hearsay.")
    writer.add_languages(["en"])
    writer.add_bool("hearsay.trained", trained)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_shape(writer: gguf.GGUFWriter, shape: Shape) -> None:
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.norm_epsilon)
    writer.add_vocab_size(shape.vocabulary)


def _add_tokenizer(writer: gguf.GGUFWriter, vocabulary: Vocabulary) -> None:
    tokens = vocabulary.tokens
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(list(tokens))
    writer.add_token_types([_token_type(token) for token in tokens])
    writer.add_token_merges(list(vocabulary.merges))
    writer.add_bos_token_id(tokens.index(BEGIN))
    writer.add_eos_token_id(tokens.index(END))
    writer.add_eot_token_id(tokens.index(END))
    writer.add_pad_token_id(tokens.index(END))
    # The template writes the first token too, as Llama 3's does: render, then add no other.
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE.read_text(encoding="utf-8"))


def _token_type(token: str) -> gguf.TokenType:
    if token in CONTROL:
        return gguf.TokenType.CONTROL
    if token in VISIBLE:
        return gguf.TokenType.USER_DEFINED
    return gguf.TokenType.NORMAL
