"""How the models of each family mark their thinking: data, and how a model's family is told."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ThinkStyle:
    """
    The tags around a model's thinking.

    `marks` are texts of a chat template that tell the style, all of them; without a template that
    tells, a vocabulary that has both tags as tokens does. `wraps` are tags around the answer that
    are no part of it. `closing` is what ends thinking when somebody else than the model does.
    """

    name: str
    opening: str
    end: str
    marks: tuple[str, ...]
    closing: str
    wraps: tuple[str, ...] = ()

    def closing_in(self, template: str) -> str:
        """Return `closing` as a model with this template knows it: with line breaks or without."""
        breaks = any(f"{sign}{self.end}" in template for sign in ("\n", "\\n"))
        breaks = breaks or any(f"{self.opening}{sign}" in template for sign in ("\n", "\\n"))
        return self.closing if breaks or not self.closing.isascii() else self.closing.strip("\n")


HARMONY = ThinkStyle(
    "harmony",
    "<|channel|>analysis<|message|>",
    "<|end|>",
    ("<|channel|>", "<|message|>"),
    "<|end|><|start|>assistant<|channel|>final<|message|>",
    ("<|end|>", "<|return|>", "<|call|>"),
)
"""gpt-oss: every message has a header with its channel; `bridge.chat.harmony` reads it."""

STYLES = (
    HARMONY,
    ThinkStyle("gemma", "<|channel>thought\n", "<channel|>", ("<|channel>",), "\n<channel|>"),
    ThinkStyle("magistral", "[THINK]", "[/THINK]", ("[THINK]",), "[/THINK]"),
    ThinkStyle("seed", "<seed:think>", "</seed:think>", ("<seed:think>",), "\n</seed:think>"),
    ThinkStyle(
        "granite",
        "<think>",
        "</think>",
        ("<think></think>", "<response></response>"),
        "</think><response>",
        ("<response>", "</response>"),
    ),
    ThinkStyle(
        "granite-3.2",
        "Here is my thought process:",
        "Here is my response:",
        ("Here is my thought process:",),
        "\n\nHere is my response:\n\n",
    ),
    # Qwen, DeepSeek and most others. Some templates name the end alone: they cut thinking off.
    ThinkStyle("qwen", "<think>", "</think>", ("</think>",), "\n</think>\n\n"),
    ThinkStyle("deepseek", "<think>", "</think>", ("<think>",), "\n</think>\n\n"),
)
"""The styles that are known; the first whose marks fit is a model's."""


def think_style(template: str, vocabulary: Collection[str]) -> ThinkStyle | None:
    """Return the style of a model, None for one that does not think apart."""
    for style in STYLES:
        if all(mark in template for mark in style.marks):
            return style
    for style in STYLES:
        if style.opening in vocabulary and style.end in vocabulary:
            return style
    return None


def is_open(style: ThinkStyle, prompt: str) -> bool:
    """Whether a prompt ends inside thinking: its template has opened the tag already."""
    return prompt.rstrip().endswith(style.opening.rstrip())
