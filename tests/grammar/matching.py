"""Holds texts against a grammar, byte by byte."""

from __future__ import annotations

from functools import cache

from bridge.engine.constraint import ConstraintError, TokenTable
from bridge.engine.guidance import GuidanceCompiler
from bridge.grammar.lark import json_rule
from bridge.protocol import Json

END = 256


@cache
def bytewise() -> GuidanceCompiler:
    """A compiler whose tokens are the bytes."""
    return GuidanceCompiler(
        TokenTable(
            texts=[*[bytes([byte]) for byte in range(256)], b"<end>"],
            controls=frozenset(),
            ends=frozenset({END}),
            tokenize=lambda text: list(text.encode()),
        )
    )


def matches(lark: str, text: str) -> bool:
    """Whether a text may be a whole reply."""
    constraint = bytewise().compile(lark).copy()
    try:
        for byte in text.encode():
            constraint.accept(byte)
    except ConstraintError:
        return False
    return constraint.finished or bool(constraint.allowed()[END // 8] >> END % 8 & 1)


def allows(schema: Json, text: str) -> bool:
    """Whether a text may be a reply that is held to a schema."""
    return matches(f"start: {json_rule(schema)}", text)
