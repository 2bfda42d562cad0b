"""The Llama model in PyTorch, just as llama.cpp computes it."""

from __future__ import annotations

import numpy
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tools.demo_model.shape import Shape


def rotations(shape: Shape, length: int) -> tuple[Tensor, Tensor]:
    """Return cosine and sine of every position's angles, (length, head width / 2) each."""
    steps = torch.arange(0, shape.head_width, 2, dtype=torch.float32) / shape.head_width
    angles = torch.outer(torch.arange(length, dtype=torch.float32), shape.rope_base**-steps)
    return angles.cos(), angles.sin()


def rotate(heads: Tensor, cosine: Tensor, sine: Tensor) -> Tensor:
    """Turn neighbouring pairs of numbers by their position's angle."""
    even, odd = heads[..., 0::2], heads[..., 1::2]
    turned = torch.stack((even * cosine - odd * sine, even * sine + odd * cosine), dim=-1)
    return turned.flatten(-2).type_as(heads)


class Block(nn.Module):
    """Attention, then a gated feed-forward layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads = shape.heads
        self.attn_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_v = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        self.ffn_gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, state: Tensor, cosine: Tensor, sine: Tensor, past: Tensor) -> Tensor:
        """Return the state after this block; (batch, length, width)."""
        state = state + self._attend(self.attn_norm(state), cosine, sine, past)
        inner = self.ffn_norm(state)
        gated = functional.silu(self.ffn_gate(inner)) * self.ffn_up(inner)
        return state + self.ffn_down(gated)

    def _attend(self, state: Tensor, cosine: Tensor, sine: Tensor, past: Tensor) -> Tensor:
        def split(projected: Tensor) -> Tensor:
            return projected.unflatten(-1, (self.heads, -1)).transpose(1, 2)

        query = rotate(split(self.attn_q(state)), cosine, sine)
        key = rotate(split(self.attn_k(state)), cosine, sine)
        value = split(self.attn_v(state))
        # Written out: for rows this short PyTorch's fused attention is slower on a CPU.
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-1, -2) + past
        mixed = scores.softmax(-1).type_as(value) @ value
        return self.attn_output(mixed.transpose(1, 2).flatten(-2))


class Llama(nn.Module):
    """Token ids in, the last layer's state out; the embedding serves as output matrix."""

    def __init__(self, shape: Shape, longest: int = 2048) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, eps=shape.norm_epsilon)
        cosine, sine = rotations(shape, longest)
        self.register_buffer("cosine", cosine, persistent=False)
        self.register_buffer("sine", sine, persistent=False)
        self.apply(self._start)
        for block in self.blk:
            nn.init.zeros_(block.attn_output.weight)
            nn.init.zeros_(block.ffn_down.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the normed state of every position; (batch, length, width)."""
        length = ids.shape[1]
        cosine, sine = self.cosine[:length], self.sine[:length]
        state = self.token_embd(ids)
        past = torch.full((length, length), float("-inf"), dtype=torch.bfloat16).triu(1)
        for block in self.blk:
            state = block(state, cosine, sine, past)
        return self.output_norm(state)

    def loss(self, ids: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
        """Return the mean cross entropy, each target counted by its weight; weight 0 is free."""
        state = self(ids)
        wanted = weights > 0
        logits = functional.linear(state[wanted], self.token_embd.weight)
        losses = functional.cross_entropy(logits.float(), targets[wanted], reduction="none")
        counted = weights[wanted]
        return (losses * counted).sum() / counted.sum()

    def arrays(self) -> dict[str, NDArray[numpy.float32]]:
        """Return all weights under the names that llama.cpp gives them."""
        return {name: tensor.detach().float().numpy() for name, tensor in self.named_parameters()}

    def _start(self, module: nn.Module) -> None:
        if isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=0.02)
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
