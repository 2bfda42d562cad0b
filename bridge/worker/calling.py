"""A constraint that speaks only where a tool may be called: all other text is free."""

from __future__ import annotations

from collections.abc import Callable

from bridge.chat.flow import ReplyFlow
from bridge.engine.constraint import Constraint


class CallConstraint:
    """
    Holds each call of one reply to the grammar of calls, from its first sign on.

    `fresh` is at its beginning; `flow` says where a call begins or may have begun, and what was
    written of it before anybody could know; `tokenize` splits plain text. It is a
    `bridge.engine.constraint.Constraint`.
    """

    owed = False
    """A model that may call is free to call nothing."""

    def __init__(
        self, fresh: Constraint, flow: ReplyFlow, tokenize: Callable[[str], list[int]]
    ) -> None:
        self._fresh = fresh
        self._flow = flow
        self._tokenize = tokenize
        self._begin: int | None = None
        self._constraint = fresh

    @property
    def finished(self) -> bool:
        """Whether nothing but the end of the reply may follow: a call that only it can end."""
        begin = self._flow.call_begin
        return begin is not None and begin == self._begin and self._constraint.finished

    def allowed(self) -> bytes:
        """Return one bit for each token that may come next; raises ConstraintError."""
        return self._current().allowed()

    def accept(self, token: int) -> None:
        """Go on by a token; raises ConstraintError on one that is not allowed."""
        self._current().accept(token)

    def copy(self) -> Constraint:
        """Return another one for the same reply, at its beginning."""
        return CallConstraint(self._fresh, self._flow, self._tokenize)

    def _current(self) -> Constraint:
        if self._begin != self._flow.call_begin:
            self._begin = self._flow.call_begin
            self._constraint = self._fresh.copy()
            for part in self._flow.begun():
                for token in [part] if isinstance(part, int) else self._tokenize(part):
                    self._constraint.accept(token)
        return self._constraint
