"""The gateway's side of one model: starts its worker, watches it, and lets its jobs outlive it."""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable
from enum import StrEnum
from functools import partial

import msgspec

from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason, Pace, Priority
from bridge.worker.child import Child
from bridge.worker.messages import (
    Cancel,
    Failed,
    Finished,
    Load,
    LoadFailed,
    Loading,
    Output,
    Outputs,
    Ready,
    Release,
    Report,
    SetPace,
    Started,
    Submit,
    Task,
    Wrote,
)
from bridge.worker.options import WorkerOptions
from bridge.worker.running import Choice, Running, Sink, unsent

log = logging.getLogger("hearsay.supervisor")

MAX_STARTS = 3
"""So many deaths in a row without a model being ready mean that it cannot be loaded."""
MAX_DEATHS = 3
"""A job that was at work at so many deaths, the last time alone, is what kills."""
TICK_SECONDS = 1.0
LOADING_PATIENCE = 10
"""A worker that loads may be silent so many times as long: a slow disk says nothing meanwhile."""
BACKOFF_SECONDS = (0.0, 0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


class State(StrEnum):
    """What a model's worker is doing."""

    STOPPED = "stopped"
    LOADING = "loading"
    READY = "ready"
    FAILED = "failed"


class Supervisor:
    """
    One model's worker process, seen from the gateway's event loop.

    A worker that dies is replaced, and its jobs are told to the next one with the token ids they
    had written: what a sink has been given stands, and the rest follows. A job that was at work
    at two deaths is run alone; at its third it fails with `worker_crashed`. The first death
    before a model was ready is answered with safe mode (see `LlamaOptions.safe`).

    Every method belongs to the event loop's thread; so do the sinks' calls.
    """

    def __init__(
        self, options: WorkerOptions, on_change: Callable[[], None] = lambda: None
    ) -> None:
        self._options = options
        self._on_change = on_change
        self._jobs: dict[str, Running] = {}
        self._prepared: dict[str, Submit] = {}
        self._child: Child | None = None
        self._pace: Pace | None = None
        self._epoch = 0
        self._failed_starts = 0
        self._deaths_in_a_row = 0
        self._safe: str | None = None
        self._changed = asyncio.Event()
        self._silent_ticks = 0
        self._watching = False
        self.state = State.STOPPED
        self.progress = 0.0
        self.ready: Ready | None = None
        self.failure: str | None = None
        self.load = Load()
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """Start the worker, unless it runs; loading goes on after this returns."""
        if self.state in (State.STOPPED, State.FAILED):
            self.failure = None
            self._failed_starts = self._deaths_in_a_row = 0
            self._spawn()

    async def wait_ready(self) -> None:
        """Return when the model is ready; raises HearsayError(MODEL_FAILED) when it cannot be."""
        while self.state is not State.READY:
            if self.state in (State.FAILED, State.STOPPED):
                raise HearsayError(ErrorCode.MODEL_FAILED, self.failure or "the model is stopped")
            self._changed.clear()
            await self._changed.wait()

    async def stop(
        self,
        code: ErrorCode = ErrorCode.SHUTTING_DOWN,
        reason: str = "Hearsay is shutting down",
    ) -> None:
        """End the worker, politely for a second and then not; open jobs fail with `code`."""
        self.ready, self.load, self.progress = None, Load(), 0.0
        child, self._child = self._child, None
        self._epoch += 1
        self._set(State.STOPPED)
        self._fail_all(code, reason)
        if child:
            await asyncio.to_thread(child.end)

    def submit(self, submit: Submit, sink: Sink) -> None:
        """
        Run a job. `sink` gets `Started`, the `Wrote`s and one `Finished` a choice, or one `Failed`.

        A job that comes while the model is loading waits for it.
        """
        if self.state in (State.FAILED, State.STOPPED):
            reason = self.failure or "The model is not loaded; load it first"
            sink(Failed(submit.job, ErrorCode.MODEL_FAILED, reason))
            return
        choices = [Choice() for _ in range(submit.choices)]
        self._jobs[submit.job] = Running(submit, sink, choices)
        self._send_waiting()
        self._expect(submit)

    def cancel(self, job: str) -> None:
        """Stop a job; its unfinished choices end as cancelled. Unknown jobs are ignored."""
        running = self._jobs.get(job)
        if running is None or running.cancelled:
            return
        running.cancelled = True
        if running.sent and self._child:
            self._child.send(Cancel(job))
        else:
            self._finish_unsent(running)

    def release(self, job: str) -> None:
        """Let go what a job has prepared; unknown ones are ignored."""
        if running := self._jobs.get(job):
            running.released = True
        self.cancel(job)
        if self._prepared.pop(job, None) and self._child:
            self._child.send(Release(job))

    def pace(self, pace: Pace | None) -> None:
        """Take no more of the machine than this from now on, also after a restart."""
        self._pace = pace
        if self._child and self.state is State.READY:
            self._child.send(SetPace(pace or Pace(self._options.pace)))

    def _spawn(self) -> None:
        self._epoch += 1
        self.progress = 0.0
        self._set(State.LOADING)
        self._child = Child(
            self._options,
            safe=self._safe,
            on_report=partial(self._receive, self._epoch),
            on_exit=partial(self._died, self._epoch),
        )
        self._silent_ticks = 0
        self._watch()

    def _receive(self, epoch: int, report: Report) -> None:
        if epoch != self._epoch:
            return  # A dead worker's late words.
        self._silent_ticks = 0
        match report:
            case Loading(fraction):
                self.progress = fraction
                self._set(State.LOADING)
            case Ready():
                if self._child:  # Else it has died since, and that was heard first.
                    self._is_ready(report)
            case LoadFailed(message):
                self._give_up(message)
            case Outputs(items, load):
                self.load = load
                for output in items:
                    self._deliver(output)

    def _is_ready(self, ready: Ready) -> None:
        self.ready = ready
        self.progress = 1.0
        self._failed_starts = 0
        self._set(State.READY)
        if self._pace:
            self.pace(self._pace)
        self._prepare_again()
        self._send_waiting()

    def _deliver(self, output: Output) -> None:
        running = self._jobs.get(output.job)
        if running is None:
            return
        match output:
            case Started():
                if running.started:
                    return  # Told again to a new worker; the client knows already.
                running.started = True
            case Wrote(index=index, ids=ids):
                running.choices[index].ids.extend(ids)
                self._deaths_in_a_row = 0
            case Finished(index=index):
                running.choices[index].finished = True
                self._keep(running, output)
            case Failed():
                for choice in running.choices:
                    choice.finished = True
        if running.over:
            del self._jobs[output.job]
        running.sink(output)
        if running.over:
            self._send_waiting()  # A suspect may have been holding the others up.

    def _died(self, epoch: int, code: int) -> None:
        if epoch != self._epoch:
            return
        child, self._child = self._child, None
        words = child.last_words if child else ""
        log.error("worker ended with %s%s", _exit_name(code), f": {words}" if words else "")
        if child:
            self._in_background(child.close)
        if self.state is State.LOADING:
            self._failed_starts += 1
            self._safe = f"its first start ended with {_exit_name(code)}"
        else:
            self._deaths_in_a_row += 1
            self._blame()
            if self._deaths_in_a_row >= MAX_DEATHS:  # It may be what was prepared that kills.
                self._prepared.clear()
        if self._failed_starts >= MAX_STARTS:
            self._give_up(f"the model's process ended with {_exit_name(code)} while loading it")
            return
        self.restarts += 1
        delay = BACKOFF_SECONDS[min(self._deaths_in_a_row, len(BACKOFF_SECONDS) - 1)]
        self._set(State.LOADING)
        asyncio.get_running_loop().call_later(delay, self._respawn, self._epoch)

    def _respawn(self, epoch: int) -> None:
        if epoch == self._epoch and self.state is State.LOADING:
            self._spawn()

    def _blame(self) -> None:
        """Count a death against every job that was at work; fail the one that kills alone."""
        for running in list(self._jobs.values()):
            if not running.sent:
                continue
            running.sent = False
            self._expect(running.submit)
            running.deaths += 1
            if running.deaths >= MAX_DEATHS:
                reason = "the model's process ended each time it ran this request"
                self._fail(running, ErrorCode.WORKER_CRASHED, reason)
            elif running.cancelled:
                self._finish_unsent(running)

    def _send_waiting(self) -> None:
        """Send what may run now: while there are suspects, one of them and nobody beside it."""
        if self.state is not State.READY or self._child is None:
            return
        if not self._watching:
            self._silent_ticks = 0
        waiting = [job for job in self._jobs.values() if not job.sent]
        suspects = [job for job in self._jobs.values() if job.deaths >= MAX_DEATHS - 1]
        if suspects:
            alone = len(waiting) == len(self._jobs)
            waiting = [job for job in suspects if not job.sent][:1] if alone else []
        for job in waiting:
            self._send(job)
        self._watch()

    def _send(self, running: Running) -> None:
        if running.sent or running.over or self._child is None:
            return  # While one before it failed, others had their turn.
        try:
            running.sent = self._child.send(running.message())
        except Exception:  # Of a bug in what was let in others must notice nothing.
            log.exception("job %s cannot be sent", running.submit.job)
            reason = "Hearsay failed to start this job; its log says why"
            self._fail(running, ErrorCode.INTERNAL, reason)

    def _watch(self) -> None:
        """Look every second whether a worker that has work says anything."""
        if not self._watching and self._at_work:
            self._watching = True
            asyncio.get_running_loop().call_later(TICK_SECONDS, self._tick)

    @property
    def _at_work(self) -> bool:
        loads = self.state is State.LOADING and self._child is not None
        return loads or any(job.sent for job in self._jobs.values())

    @property
    def _patience(self) -> float:
        times = LOADING_PATIENCE if self.state is State.LOADING else 1
        return float(self._options.silence_seconds * times)

    def _tick(self) -> None:
        # Ticks and not a clock: after a sleep of the whole machine the worker gets its time too.
        self._watching = False
        if not self._at_work:
            return
        self._silent_ticks += 1
        silent = self._silent_ticks * TICK_SECONDS
        if silent >= self._patience and self._child:
            log.error("worker has said nothing for %.0f s: it hangs and is replaced", silent)
            self._silent_ticks = 0
            self._child.kill()
        self._watch()

    def _keep(self, running: Running, finished: Finished) -> None:
        """Remember what the next worker must be told to read ahead, should this one die."""
        submit = running.submit
        if submit.task is not Task.PREPARE or finished.reason is not FinishReason.STOP:
            return
        if not running.released:
            self._prepared[submit.job] = submit
        elif self._child:  # It was read before the worker heard of it.
            self._child.send(Release(submit.job))

    def _prepare_again(self) -> None:
        for submit in self._prepared.values():
            if self._child:
                again = msgspec.structs.replace(submit, priority=Priority.BACKGROUND)
                self._child.send(again)

    def _expect(self, submit: Submit) -> None:
        """Look after a job's time until a worker can: one may have to be loaded first."""
        for when in (submit.deadline, submit.first_token_by):
            if when is not None:
                delay = max(when - time.monotonic(), 0.0)
                asyncio.get_running_loop().call_later(delay, self._expire, submit.job)

    def _expire(self, job: str) -> None:
        running = self._jobs.get(job)
        if running is None or running.sent:
            return
        late = running.submit.deadline is not None and running.submit.deadline <= time.monotonic()
        if late or not any(choice.ids for choice in running.choices):
            self._finish_unsent(running, FinishReason.EXPIRED)

    def _finish_unsent(
        self, running: Running, reason: FinishReason = FinishReason.CANCELLED
    ) -> None:
        for index, choice in enumerate(running.choices):
            if not choice.finished:
                self._deliver(unsent(running.submit.job, index, reason, len(choice.ids)))

    def _fail(self, running: Running, code: ErrorCode, message: str) -> None:
        self._deliver(Failed(running.submit.job, code, message))

    def _fail_all(self, code: ErrorCode, message: str) -> None:
        for running in list(self._jobs.values()):
            self._fail(running, code, message)

    def _give_up(self, reason: str) -> None:
        self.failure = reason
        self._epoch += 1  # Whatever the process still says or does no longer matters.
        child, self._child = self._child, None
        self._set(State.FAILED)
        self._fail_all(ErrorCode.MODEL_FAILED, reason)
        if child:
            self._in_background(child.end)

    def _in_background(self, work: Callable[[], None]) -> None:
        asyncio.get_running_loop().run_in_executor(None, work)

    def _set(self, state: State) -> None:
        self.state = state
        self._changed.set()
        self._on_change()


def _exit_name(code: int) -> str:
    """Name how a process ended: a signal's name where there is one."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
