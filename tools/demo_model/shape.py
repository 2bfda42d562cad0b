"""The size of the model, and the names of its tensors in llama.cpp's words."""

from __future__ import annotations

from dataclasses import dataclass

CONTEXT = 2048


@dataclass(frozen=True)
class Shape:
    """The size of a Llama model."""

    vocabulary: int
    width: int = 256
    layers: int = 5
    heads: int = 4
    hidden: int = 512
    rope_base: float = 10_000.0
    norm_epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        """Numbers per attention head."""
        return self.width // self.heads


def tensor_shapes(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Return all weight tensors by name; the embedding serves as output matrix too."""
    width, hidden = shape.width, shape.hidden
    block: dict[str, tuple[int, ...]] = {
        "attn_norm": (width,),
        "attn_q": (width, width),
        "attn_k": (width, width),
        "attn_v": (width, width),
        "attn_output": (width, width),
        "ffn_norm": (width,),
        "ffn_gate": (hidden, width),
        "ffn_up": (hidden, width),
        "ffn_down": (width, hidden),
    }
    found: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (shape.vocabulary, width),
        "output_norm.weight": (width,),
    }
    for layer in range(shape.layers):
        found |= {f"blk.{layer}.{part}.weight": size for part, size in block.items()}
    return found
