"""Constraints are compiled beside the engine, so that nobody's reply waits for another's form."""

from __future__ import annotations

import hashlib
import os
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import NamedTuple

from bridge.engine.constraint import Compiler, Constraint
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.forms import blame
from bridge.grammar.refusal import blamed
from bridge.worker.messages import Submit

LIMIT_SECONDS = 1.5
"""A job that takes longer to write and compile, all its grammars together, asks for too much."""

WAIT_SECONDS = 6.0
"""Who was not served by then hears that others are in the way."""

THREADS = 2

_KEPT = 512

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

    `since` is when a thread took it that is at it still, `spent` the seconds before that.
    """

    submit: Submit
    drafts: Drafts
    ordered_at: float
    since: float | None = None
    spent: float = 0.0
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
        self._verdicts = _Verdicts()

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
        known, task.failure = self._verdicts.of(draft.lark)
        if known and (draft.trial or task.failure):
            return
        try:
            if draft.trial:
                self._compiler.check(draft.lark)
            else:
                task.outcome = self._compiler.compile(draft.lark)
        except HearsayError as error:
            task.failure = error
        if draft.trial or task.failure:
            self._verdicts.note(draft.lark, task.failure)

    @contextmanager
    def _at(self, task: _Task) -> Iterator[None]:
        task.since = since = self._clock()
        yield
        task.spent += self._clock() - since
        task.since = None


class _Verdicts:
    """
    What is known of the latest grammars that failed or were only tried, by a digest. Thread-safe.

    A game asks with the same tools again and again; a slip in one must not cost all that each time.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, HearsayError | None] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, lark: str) -> tuple[bool, HearsayError | None]:
        """Return whether a grammar is known, and what is wrong with it if anything is."""
        with self._lock:
            key = _digest(lark)
            failure = self._known.get(key)
        # One that is raised again and again would keep what led to each time.
        told = failure and HearsayError(failure.code, failure.message, failure.param)
        return key in self._known, told

    def note(self, lark: str, failure: HearsayError | None) -> None:
        """Keep what was found."""
        with self._lock:
            self._known[_digest(lark)] = failure
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)


def _digest(lark: str) -> bytes:
    return hashlib.blake2b(lark.encode(), digest_size=16).digest()


@contextmanager
def _told(task: _Task) -> Iterator[None]:
    """Make an error the task's outcome."""
    try:
        yield
    except HearsayError as error:
        task.outcome = _blamed(task.submit, error)
    except Exception as error:  # noqa: BLE001 - a bug must cost one job, and not this thread
        reason = f"The form could not be compiled: {error!r}"
        task.outcome = HearsayError(ErrorCode.INTERNAL, reason)


def _blamed(submit: Submit, error: HearsayError) -> HearsayError:
    if submit.form and submit.form.type != "text":
        return blame(submit.form, error)
    return blamed(error, "tools") if submit.tools and error.param is None else error


def _is_past(submit: Submit, now: float) -> bool:
    ends = [submit.deadline, None if submit.resume else submit.first_token_by]
    return any(end is not None and end <= now for end in ends)


def _slow() -> HearsayError:
    reason = "It takes too long to compile; make it smaller"
    return HearsayError(ErrorCode.INVALID_REQUEST, reason)


def _next(task: _Task) -> Draft | None:
    if task.spent > LIMIT_SECONDS:
        raise _slow()
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
    spent = task.spent + (0.0 if since is None else now - since)
    if spent > LIMIT_SECONDS:
        return _blamed(task.submit, _slow())
    if since is None and now - task.ordered_at - spent > WAIT_SECONDS:
        reason = "Other requests' forms are being compiled for too long; try again later"
        return HearsayError(ErrorCode.BUSY, reason)
    return None
