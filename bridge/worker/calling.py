"""A constraint that speaks only while a tool is called: the text around calls is free."""

from __future__ import annotations

from bridge.chat.flow import ReplyFlow
from bridge.engine.constraint import Constraint


class CallConstraint:
    """
    Holds each call of one reply to the grammar of calls, from its opening on.

    `fresh` is at its beginning; `flow` says which call it is, and when there is one at all. It is a
    `bridge.engine.constraint.Constraint`.
    """

    finished = False
    owed = False
    """A model that may call is free to call nothing."""

    def __init__(self, fresh: Constraint, flow: ReplyFlow) -> None:
        self._fresh = fresh
        self._flow = flow
        self._call = 0
        self._constraint = fresh

    def allowed(self) -> bytes:
        """Return one bit for each token that may come next; raises ConstraintError."""
        return self._current().allowed()

    def accept(self, token: int) -> None:
        """Go on by a token; raises ConstraintError on one that is not allowed."""
        self._current().accept(token)

    def copy(self) -> Constraint:
        """Return another one for the same reply, at its beginning."""
        return CallConstraint(self._fresh, self._flow)

    def _current(self) -> Constraint:
        if self._call != self._flow.openings:
            self._call = self._flow.openings
            self._constraint = self._fresh.copy()
        return self._constraint
