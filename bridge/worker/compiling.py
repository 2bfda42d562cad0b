"""Constraints are compiled beside the engine, so that nobody's reply waits for another's form."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import NamedTuple

from bridge.engine.constraint import Compiler, Constraint
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.forms import blame
from bridge.worker.messages import Submit

LIMIT_SECONDS = 1.5
"""A form that takes longer to compile is too large."""

WAIT_SECONDS = 6.0
"""Who was not served by then hears that others are in the way."""

THREADS = 2

NICENESS = 14
"""Beside the decoding threads' 10: less than half of their weight, but no standing still."""


class Draft(NamedTuple):
    """A grammar to compile: the job's own, or a `trial` that only tells what is wrong."""

    lark: str
    trial: bool = False


Drafts = Generator[Draft, None, None]
"""
What writes a job's grammars.

It goes on when a trial has compiled; where a grammar does not compile, the HearsayError is thrown
into it. A job for which it ends without one has no form.
"""


@dataclass(slots=True, eq=False)
class _Task:
    """
    One job's form on its way; `outcome` is there when it is done.

    `since` is when a thread took it that is at it still.
    """

    submit: Submit
    drafts: Drafts
    ordered_at: float
    since: float | None = None
    draft: Draft | None = None
    failure: HearsayError | None = None
    outcome: Constraint | HearsayError | None = None
    done: bool = False


class CompileDesk:
    """
    Takes jobs with a form and hands them back with a constraint, or with what is wrong.

    Its methods are called by one thread. A compilation cannot be ended from outside: one that goes
    on too long is answered with an error and left to its thread, whose work llguidance's own
    limits bound.

    Grammars are written in Python, in a thread of the engine's own priority: a lesser one that is
    put off while it holds Python's lock would hold the engine up. They are compiled without it.
    """

    def __init__(self, compiler: Compiler, clock: Callable[[], float]) -> None:
        self._compiler = compiler
        self._clock = clock
        self._tasks: list[_Task] = []
        self._unwritten: SimpleQueue[_Task] = SimpleQueue()
        self._written: SimpleQueue[_Task] = SimpleQueue()
        self._threads = 0

    @property
    def busy(self) -> bool:
        """Whether there are jobs that have not been handed back."""
        return bool(self._tasks)

    def order(self, submit: Submit, drafts: Drafts) -> None:
        """Take a job; its grammars are written in another thread."""
        task = _Task(submit, drafts, self._clock())
        self._tasks.append(task)
        self._unwritten.put(task)
        if not self._threads:
            _start(self._write)
        if self._threads < min(THREADS, len(self._tasks)):
            self._threads += 1
            _start(self._compile)

    def finished(self) -> Iterator[tuple[Submit, Constraint | HearsayError | None]]:
        """Yield the jobs that are done or too late, each once; None is a job without a form."""
        now = self._clock()
        for task in list(self._tasks):
            done = task.done  # Asked once: another thread may set it at any moment.
            outcome = task.outcome if done else _too_late(task, now)
            if done or outcome:
                self._tasks.remove(task)
                yield task.submit, outcome

    def expired(self) -> Iterator[Submit]:
        """Yield the jobs whose time is over, each once: they are not handed back."""
        now = self._clock()
        for task in list(self._tasks):
            if _is_past(task.submit, now):
                self._tasks.remove(task)
                yield task.submit

    def cancel(self, job: str) -> Submit | None:
        """Take a job back that is still here, and return it."""
        for task in self._tasks:
            if task.submit.job == job:
                self._tasks.remove(task)
                return task.submit
        return None

    def _write(self) -> None:
        while True:
            task = self._unwritten.get()
            # One that was given up while it waited is not worth the work.
            if task not in self._tasks:
                continue
            with self._at(task), _told(task):
                task.draft = _next(task)
            if task.draft is None or task.outcome:
                task.done = True
            else:
                self._written.put(task)

    def _compile(self) -> None:
        _stand_back()
        while True:
            task = self._written.get()
            if task in self._tasks and task.draft:
                with self._at(task), _told(task):
                    self._try(task, task.draft)
                if task.outcome:
                    task.done = True
                else:
                    self._unwritten.put(task)

    def _try(self, task: _Task, draft: Draft) -> None:
        task.failure = None
        try:
            constraint = self._compiler.compile(draft.lark)
        except HearsayError as error:
            task.failure = error
        else:
            task.outcome = None if draft.trial else constraint

    @contextmanager
    def _at(self, task: _Task) -> Iterator[None]:
        task.since = self._clock()
        yield
        task.since = None


@contextmanager
def _told(task: _Task) -> Iterator[None]:
    """Make an error the task's outcome."""
    try:
        yield
    except HearsayError as error:
        task.outcome = blame(task.submit.form, error) if task.submit.form else error
    except Exception as error:  # noqa: BLE001 - a bug must cost one job, and not this thread
        reason = f"The form could not be compiled: {error!r}"
        task.outcome = HearsayError(ErrorCode.INTERNAL, reason)


def _is_past(submit: Submit, now: float) -> bool:
    ends = [submit.deadline, None if submit.resume else submit.first_token_by]
    return any(end is not None and end <= now for end in ends)


def _next(task: _Task) -> Draft | None:
    try:
        return task.drafts.throw(task.failure) if task.failure else next(task.drafts)
    except StopIteration:
        return None


def _start(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="hearsay-compile", daemon=True).start()


def _stand_back() -> None:
    """Let this thread come after those that decode; only Linux has priorities of threads."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _too_late(task: _Task, now: float) -> HearsayError | None:
    """Return why a task is given up, if it is."""
    since = task.since  # Its thread may end while this is asked.
    if since is not None and now - since > LIMIT_SECONDS:
        reason = "The form takes too long to compile; make it smaller"
        error = HearsayError(ErrorCode.INVALID_REQUEST, reason)
        return blame(task.submit.form, error) if task.submit.form else error
    if since is None and now - task.ordered_at > WAIT_SECONDS:
        reason = "Other requests' forms are being compiled for too long; try again later"
        return HearsayError(ErrorCode.BUSY, reason)
    return None
