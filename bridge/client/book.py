"""What a client has asked for and not been told the end of: jobs, questions, and plain sayings."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from bridge.client.errors import ConnectionLostError
from bridge.client.pending import GapError, JobMessage, LastMessage, Order, Pending
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    CancelJob,
    ClientMessage,
    GetStatus,
    JobFailed,
    JobToolCall,
    ListModels,
    Models,
    Pace,
    Seen,
    Status,
    ToolResult,
)

Question = GetStatus | ListModels
Answer = Status | Models | HearsayError


class Book:
    """
    Sends what is asked while there is a connection, and sends again what a drop has swallowed.

    `send` is called only while `live`. `clock` counts seconds.
    """

    def __init__(self, send: Callable[[ClientMessage], None], clock: Callable[[], float]) -> None:
        self.live = False
        self._send = send
        self._clock = clock
        self._jobs: dict[str, Pending] = {}
        self._questions: deque[tuple[Question, Callable[[Answer], None]]] = deque()
        self._sayings: list[ClientMessage] = []
        self._pace: Pace | None = None

    def open(self, order: Order, tell: Callable[[JobMessage], None], max_jobs: int) -> None:
        """Open a job; raises HearsayError(DUPLICATE_JOB or BUSY)."""
        if order.job in self._jobs:
            message = f"Job {order.job!r} is open already; choose another id"
            raise HearsayError(ErrorCode.DUPLICATE_JOB, message, "job")
        if len(self._jobs) >= max_jobs:
            message = f"{max_jobs} jobs are open already; wait for one of them"
            raise HearsayError(ErrorCode.BUSY, message)
        pending = self._jobs[order.job] = Pending(order, tell, self._clock())
        if self.live:
            self._order(pending)

    def cancel(self, job: str) -> None:
        """Take a job back; one that is over, or already cancelled, stays as it is."""
        pending = self._jobs.get(job)
        if pending and not pending.cancelled:
            pending.cancelled = True
            if self.live:
                self._send(CancelJob(job=job))

    def ask(self, question: Question, answer: Callable[[Answer], None]) -> None:
        """Ask what has an answer."""
        self._questions.append((question, answer))
        if self.live:
            self._send(question)

    def say(self, message: ClientMessage) -> None:
        """Say what has no answer, now or as soon as there is a connection."""
        if isinstance(message, ToolResult) and (pending := self._jobs.get(message.job)):
            pending.results[message.call] = message
        if isinstance(message, Pace):
            self._pace = message
        elif not self.live:
            self._sayings.append(message)
        if self.live:
            self._send(message)

    def seen(self) -> list[Seen]:
        """Return what is here of every job that the sidecar may know."""
        return [pending.seen() for pending in self._jobs.values() if pending.sent]

    def go_on(self, lost: Collection[str]) -> None:
        """Speak over a new connection; `lost` are jobs that the sidecar does not know."""
        self.live = True
        for job in lost:
            self._recover(job)
        for pending in list(self._jobs.values()):
            if not pending.sent:
                self._order(pending)
            if pending.cancelled:
                self._send(CancelJob(job=pending.order.job))
        sayings, self._sayings = self._sayings, []
        for message in [*sayings, *(question for question, _ in self._questions)]:
            self._send(message)
        if self._pace:
            self._send(self._pace)

    def hear(self, message: JobMessage) -> bool:
        """Take in what is said of a job; return whether anything of it was new."""
        pending = self._jobs.get(message.job)
        if pending is None:  # Late words about a job that is over.
            return False
        try:
            new = pending.news(message)
        except GapError as gap:
            self._fail(pending, HearsayError(ErrorCode.BROKEN_STREAM, str(gap)))
            self._send(CancelJob(job=message.job))
            return True
        if new is None:
            self._answer_again(pending, message)
            return False
        if isinstance(new, LastMessage):
            del self._jobs[message.job]
        pending.tell(new)
        return True

    def answer(self, answer: Status | Models) -> None:
        """Give the answer to the oldest question of its kind."""
        kind = GetStatus if isinstance(answer, Status) else ListModels
        for asked in self._questions:
            if isinstance(asked[0], kind):
                self._questions.remove(asked)
                asked[1](answer)
                return

    def fail_sent(self, error: HearsayError) -> None:
        """Let the jobs fail that the sidecar may have known; the others wait on."""
        for pending in [each for each in self._jobs.values() if each.sent]:
            self._fail(pending, error)

    def fail_all(self, error: HearsayError) -> None:
        """Let everything fail."""
        for pending in list(self._jobs.values()):
            self._fail(pending, error)
        self._sayings.clear()
        while self._questions:
            self._questions.popleft()[1](error)

    def _order(self, pending: Pending) -> None:
        pending.sent = True
        self._send(pending.due_order(self._clock()))

    def _recover(self, job: str) -> None:
        pending = self._jobs.get(job)
        if pending and pending.heard:
            self._fail(pending, ConnectionLostError("The sidecar does not know this job any more"))
        elif pending:  # Its submit went down with the connection: nothing was done yet.
            pending.sent = False

    def _answer_again(self, pending: Pending, message: JobMessage) -> None:
        if isinstance(message, JobToolCall) and (result := pending.results.get(message.call.id)):
            self._send(result)

    def _fail(self, pending: Pending, error: HearsayError) -> None:
        job = pending.order.job
        del self._jobs[job]
        failed = JobFailed(job=job, code=error.code, message=error.message, param=error.param)
        pending.tell(failed)
