"""What a reply must match: the questions the engine asks of a compiled grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class ConstraintError(Exception):
    """A grammar can no longer say what may follow: the reply must end, never go on freely."""


class Constraint(Protocol):
    """
    One reply's grammar, and how far the reply has come in it.

    Not thread-safe, and of one reply alone: `copy` one for every further reply.
    """

    @property
    def finished(self) -> bool:
        """Whether nothing but the end of the reply may follow."""

    @property
    def owed(self) -> bool:
        """Whether a reply may not end before the constraint has been asked."""

    def allowed(self) -> bytes:
        """
        Return the tokens that may come next, one bit each, the lowest bit of a byte first.

        Tokens that end a reply are among them where the grammar is complete. At least one token
        is allowed unless `finished`. Raises ConstraintError where a limit of the grammar's own
        work is met.
        """

    def accept(self, token: int) -> None:
        """Go on by a token; raises ConstraintError on one that is not allowed."""

    def copy(self) -> Constraint:
        """Return another constraint that has come as far as this one."""


class Compiler(Protocol):
    """Makes constraints for one vocabulary. Thread-safe."""

    def compile(self, lark: str) -> Constraint:
        r"""
        Compile a grammar in llguidance's Lark dialect, whose rule `start` is the reply.

        `bridge.grammar` writes such grammars: a whole one of a `response_format`
        (`bridge.grammar.forms`), or the parts of one, to put together by hand:

            start: (TEXT | call)* TEXT
            call: open %json {...} "</tool_call>"     open[lazy]: /(.|\n)*<tool_call>/

        `bridge.grammar.lark.json_rule(schema)` is the `%json {...}` of a schema, checked and
        rewritten, `literal(text)` the `"..."` of a text, `control(token)` the `<[id]>` of a control
        token, which no text and no regex ever matches.

        It holds no lock while it works, and its work is bounded, but not its time on every
        machine: call it where nobody waits. Raises HearsayError(INVALID_REQUEST) that says where
        the grammar is wrong or that it is too large.
        """

    def check(self, lark: str) -> None:
        """Raise what `compile` would, and keep nothing."""


@dataclass(frozen=True, slots=True)
class TokenTable:
    """
    A vocabulary as a compiler needs it.

    `texts` has the bytes of every token, in order, and the spelling of control tokens; `controls`
    are those whose spelling is no text of the reply, `ends` those that end a reply.
    `tokenize` splits plain text.
    """

    texts: list[bytes]
    controls: frozenset[int]
    ends: frozenset[int]
    tokenize: Callable[[str], list[int]]
