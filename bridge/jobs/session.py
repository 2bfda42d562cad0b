"""A session: one client's jobs, and what waits to be told; it outlives its connection."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.cast import Cast, Errand
from bridge.jobs.job import Job
from bridge.jobs.ledger import Ledger
from bridge.jobs.service import Service
from bridge.jobs.serving import Serving
from bridge.jobs.telling import Telling
from bridge.protocol import (
    MAX_JOBS,
    CharacterLoad,
    ClientInfo,
    Heard,
    JobFailed,
    ModelChanged,
    ModelInfo,
    Prepare,
    Seen,
    ServerMessage,
    SubmitChat,
    ToolResult,
)


class Line(Protocol):
    """The connection that a session speaks through."""

    def wake(self) -> None:
        """There may be something to tell."""

    def displaced(self) -> None:
        """Another connection speaks for the session from now on."""


class Session:
    """
    What one client has asked for and been told.

    A job that is over is kept for `resume_seconds`, since only its client knows whether it was
    heard; `gone_at` is when the last connection was lost, None while there is one.
    """

    def __init__(
        self,
        session_id: str,
        client: ClientInfo,
        service: Service,
        *,
        clock: Callable[[], float],
        resume_seconds: float,
    ) -> None:
        self.id = session_id
        self.client = client
        self.gone_at: float | None = None
        self._service = service
        self._clock = clock
        self._resume_seconds = resume_seconds
        self._line: Line | None = None
        self._open: dict[str, Telling] = {}
        self._told: dict[str, Telling] = {}  # In the order in which they were.
        self._fresh: deque[Telling] = deque()
        self._outbox: deque[ServerMessage] = deque()
        self._models: dict[str, ModelInfo] = {}
        self._ledger = Ledger()
        self._cast = Cast(service)

    @property
    def open_jobs(self) -> int:
        """How many jobs have not had their last message."""
        return len(self._open)

    @property
    def unread(self) -> int:
        """How many messages beside those of jobs the client has not read."""
        return len(self._outbox)

    def submit(self, order: SubmitChat, slips: Sequence[str] = ()) -> None:
        """
        Start a job; one that cannot be started is told as failed.

        `slips` are what was let pass in the order, in words; the job's client is told.

        Raises HearsayError(DUPLICATE_JOB): a failure would be taken for the open job's own.
        """
        if self._has_room(order.job):
            if order.replace_key is not None:
                self._replace(order.replace_key)
            wish = Serving(
                priority=order.priority,
                deadline_ms=order.deadline_ms,
                first_token_by_ms=order.first_token_by_ms,
                character=self._cast.speaks(order.character, order.request.model),
                tool_rounds=order.tool_rounds,
                tool_timeout_ms=order.tool_timeout_ms,
            )
            job = self._service.submit(order.request, _nobody, wish)
            self._ledger.open(order.character, job)
            self._add(Telling(order.job, job, int(time.time()), order, slips=slips))

    def prepare(self, prepare: Prepare) -> None:
        """Start a job that has no text; raises as `submit` does."""
        if self._has_room(prepare.job):
            self._add(Telling(prepare.job, self._cast.prepare(prepare), int(time.time())))

    def release(self, name: str) -> None:
        """Let go what a job has prepared; unknown ones are ignored."""
        self._cast.release(name)

    def run(self, name: str, errand: Callable[[Cast], Errand]) -> None:
        """Start a job with a character's memory; raises as `submit` does."""
        if self._has_room(name):
            try:
                job, answer = errand(self._cast)
            except HearsayError as error:
                self.refuse(name, error)
            else:
                self._add(Telling(name, job, 0, answer=answer))

    def refuse(self, name: str, error: HearsayError) -> None:
        """Let a job fail that was never started; raises as `submit` does."""
        if self._has_room(name):
            job = Job("", 1, _nobody, self._clock())
            job.fail(error)
            self._add(Telling(name, job, 0))

    def cancel(self, name: str) -> None:
        """Take a job back, unless it is over; raises HearsayError(UNKNOWN_JOB)."""
        self.know(name)
        if telling := self._open.get(name):
            self._service.cancel(telling.job)

    def heard(self, heard: Heard) -> None:
        """
        Cut a reply to what its player heard, and take its job back unless it is over.

        Raises HearsayError: UNKNOWN_JOB, or INVALID_REQUEST where there is no such reply.
        """
        self.know(heard.job)
        telling = self._open.get(heard.job)
        if telling is None:
            return  # Its client has all of it already.
        if heard.index >= len(telling.job.choices):
            reason = f"Job {heard.job!r} has {len(telling.job.choices)} replies, counted from 0"
            raise HearsayError(ErrorCode.INVALID_REQUEST, reason, "index")
        telling.job.choices[heard.index].heard = heard.characters
        self._service.cancel(telling.job)

    def answer(self, result: ToolResult) -> None:
        """
        Give a job the result of a tool.

        Raises HearsayError: UNKNOWN_JOB, or INVALID_REQUEST for a call that it has not made.
        """
        self.know(result.job)
        if telling := self._open.get(result.job):
            if not telling.job.has_called(result.call):
                reason = f"Job {result.job!r} has made no call {result.call!r}; give its id back"
                raise HearsayError(ErrorCode.INVALID_REQUEST, reason, "call")
            self._service.answer(telling.job, result.call, result.content)

    def know(self, name: str) -> None:
        """Raise HearsayError(UNKNOWN_JOB) unless a job is open, or was a little while ago."""
        if name not in self._open and name not in self._told:
            raise HearsayError(ErrorCode.UNKNOWN_JOB, f"There is no open job {name!r}", "job")

    def tell(self, message: ServerMessage) -> None:
        """Queue a message that belongs to no job."""
        self._outbox.append(message)
        self._wake()

    def tell_model(self, info: ModelInfo) -> None:
        """Tell how a model is now; only the latest state waits for a slow reader."""
        self._models[info.id] = info
        self._wake()

    def next_message(self) -> ServerMessage | None:
        """Return something the client has not been told; jobs take turns."""
        if self._outbox:
            return self._outbox.popleft()
        if self._models:
            return ModelChanged(model=self._models.pop(next(iter(self._models))))
        while self._fresh:
            telling = self._fresh.popleft()
            message = telling.next_message()
            if message is None:
                telling.queued = False
                continue
            self._fresh.append(telling)
            if telling.told:
                self._settle(telling)
            return message
        return None

    def attach(self, line: Line) -> None:
        """Speak through a connection from now on; one that had the session before is told so."""
        before, self._line = self._line, line
        self.gone_at = None
        if before:
            before.displaced()

    def leave(self) -> None:
        """Note that the connection is gone; jobs go on unless they were not to."""
        self.gone_at = self._clock()
        self._line = None
        self._outbox.clear()  # Answers to questions that the client will ask again, if at all.
        for telling in list(self._open.values()):
            if telling.cancel_when_gone:
                self._service.cancel(telling.job)

    def resume(self, seen: Sequence[Seen]) -> list[str]:
        """
        Tell again whatever the client does not have; return the jobs that are not known.

        A job that is over and that the client does not mention is one it knows the end of.
        Raises HearsayError(INVALID_REQUEST), and does nothing, when it claims too much.
        """
        known = {**self._told, **self._open}
        mentioned = {each.job: each for each in seen}
        for name in mentioned.keys() & known.keys():
            known[name].check(mentioned[name])
        self._outbox.clear()
        self._told.clear()
        for name in mentioned.keys() & known.keys():
            known[name].rewind(mentioned[name])
            self._add(known[name])
        return [name for name in mentioned if name not in known]

    def end(self) -> None:
        """Cancel everything; nobody will ask again."""
        self._line = None
        self._cast.end()
        for telling in list(self._open.values()):
            telling.job.wake = _nobody
            self._service.cancel(telling.job)
        self._open.clear()
        self._told.clear()
        self._fresh.clear()

    def forget_old(self) -> None:
        """Forget the jobs whose last message was told so long ago that it was surely heard."""
        if self._line is None:  # Its client has the whole time to come back for them.
            return
        limit = self._clock() - self._resume_seconds
        old = [name for name, telling in self._told.items() if telling.over_at <= limit]
        for name in old:
            del self._told[name]

    def characters(self) -> list[CharacterLoad]:
        """Return what each character has cost so far."""
        return self._ledger.loads()

    def _has_room(self, name: str) -> bool:
        if name in self._open:
            reason = f"Job {name!r} is open already; choose another id"
            raise HearsayError(ErrorCode.DUPLICATE_JOB, reason, "job")
        if len(self._open) < MAX_JOBS:
            return True
        # Told and forgotten: what a session keeps is bounded.
        reason = f"{MAX_JOBS} jobs of this session are open; wait for one of them"
        self.tell(JobFailed(job=name, code=str(ErrorCode.BUSY), message=reason))
        return False

    def _add(self, telling: Telling) -> None:
        self._told.pop(telling.name, None)
        self._open[telling.name] = telling
        telling.job.wake = partial(self._has_news, telling)
        self._has_news(telling)

    def _has_news(self, telling: Telling) -> None:
        if not telling.queued:
            telling.queued = True
            self._fresh.append(telling)
        self._wake()

    def _wake(self) -> None:
        if self._line:
            self._line.wake()

    def _settle(self, telling: Telling) -> None:
        telling.over_at = self._clock()
        self._told[telling.name] = self._open.pop(telling.name)
        if len(self._told) > MAX_JOBS:  # More than that no client can ask for.
            del self._told[next(iter(self._told))]

    def _replace(self, key: str) -> None:
        for telling in list(self._open.values()):
            if telling.replace_key == key:
                self._service.cancel(telling.job)


def _nobody() -> None:
    """Take the place of a client that does not listen."""
