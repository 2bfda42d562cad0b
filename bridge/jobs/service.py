"""The service: models by name, and the jobs that clients have with them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.job import Job
from bridge.jobs.metrics import ModelMetrics
from bridge.jobs.rounds import Rounds
from bridge.jobs.serving import Serving, serving
from bridge.protocol import MODEL_PREFIX, ChatRequest, FinishReason, Pace, Sampling
from bridge.wire.chat_request import max_tokens, stops, template_kwargs
from bridge.wire.forms import form
from bridge.wire.tools import tool_wishes
from bridge.worker.messages import Load, Output, Ready, Submit, Wrote

MAX_WAITING = 512
"""Jobs per model that may be open without having written anything; the next one finds it busy."""

_SAMPLING = Sampling.__struct_fields__
_log = logging.getLogger(__name__)


class Host(Protocol):
    """What runs one model: a worker's supervisor, or its double in a test."""

    @property
    def state(self) -> str:
        """One of stopped, loading, ready, failed."""

    @property
    def progress(self) -> float:
        """How much of the model is loaded, 0 to 1."""

    @property
    def failure(self) -> str | None:
        """Why the model cannot run, when it failed."""

    @property
    def ready(self) -> Ready | None:
        """What the worker said of the model, once it is loaded."""

    @property
    def load(self) -> Load:
        """The latest counters of the engine."""

    @property
    def restarts(self) -> int:
        """How often the worker had to be replaced."""

    async def start(self) -> None:
        """Load the model, unless it is loaded or about to be."""

    async def stop(self, code: ErrorCode, reason: str) -> None:
        """Give the model's memory back; its open jobs fail."""

    def submit(self, submit: Submit, sink: Callable[[Output], None]) -> None:
        """Start a job; its outputs go to `sink`, in the event loop."""

    def cancel(self, job: str) -> None:
        """End a job; unknown ones are ignored."""

    def release(self, job: str) -> None:
        """Let go what a job has prepared; unknown ones are ignored."""

    def pace(self, pace: Pace | None) -> None:
        """Take no more of the machine than this from now on; None is what the settings say."""


class Model(NamedTuple):
    """A model that can be asked."""

    id: str
    aliases: list[str]
    host: Host


class Service:
    """
    Gives every request to the worker of its model and keeps the jobs that are open.

    Ids in `hosts` and `aliases` carry no prefix. Everything happens in one event loop.
    `clock` counts seconds and never goes back; a worker's deadlines are times of it, so that it
    must be `time.monotonic` where there are real ones.
    """

    def __init__(
        self,
        hosts: Mapping[str, Host],
        aliases: Mapping[str, str] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hosts = dict(hosts)
        self._aliases = dict(aliases or {})
        self._clock = clock
        self._open: dict[str, Job] = {}
        self._closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.metrics = {name: ModelMetrics() for name in self._hosts}

    @property
    def jobs_open(self) -> int:
        """How many jobs have not had their last message."""
        return len(self._open)

    def models(self) -> list[Model]:
        """Return every model with the names that stand for it."""
        return [
            Model(name, sorted(alias for alias, of in self._aliases.items() if of == name), host)
            for name, host in self._hosts.items()
        ]

    def resolve(self, model: str) -> tuple[str, Host]:
        """Return the id and the host of a model's name; raises MODEL_NOT_FOUND."""
        name = model.removeprefix(MODEL_PREFIX)
        canonical = self._aliases.get(name, name)
        if canonical not in self._hosts:
            message = f"Model '{name}' not found"
            raise HearsayError(ErrorCode.MODEL_NOT_FOUND, message, "model")
        return canonical, self._hosts[canonical]

    def submit(
        self,
        request: ChatRequest,
        wake: Callable[[], None],
        wish: Serving | None = None,
    ) -> Job:
        """
        Start a job; it never raises: what cannot be started has failed already.

        Without a `wish` the request itself says how it is to be served.
        """
        wish = wish or serving(request)
        make = partial(to_submit, request=request, wish=wish)
        job = self._begin(request.model, request.n or 1, wake, make)
        if wish.tool_rounds and request.tools and len(job.choices) == 1:
            seconds = wish.tool_timeout_ms / 1000
            job.rounds = Rounds(wish.tool_rounds, seconds, self._clock)
        return job

    def errand(self, model: str, wake: Callable[[], None], make: Callable[[str], Submit]) -> Job:
        """Start a job that is no reply; `make` turns its id into what the worker is told."""
        return self._begin(model, 1, wake, lambda job, _: make(job))

    def _begin(
        self,
        model: str,
        choices: int,
        wake: Callable[[], None],
        make: Callable[[str, float], Submit],
    ) -> Job:
        job = Job(model, choices, wake, self._clock())
        try:
            self._start(job, make)
        except HearsayError as error:
            job.fail(error)
        except Exception:  # noqa: BLE001 - one request that meets our bug takes no other along
            _log.exception("job %s could not be started", job.id)
            job.fail(HearsayError(ErrorCode.INTERNAL, "The job could not be started"))
        return job

    def cancel(self, job: Job) -> None:
        """Ask for a job's end; it comes as its finish reason."""
        job.cancelled = True
        if job.waiting:
            self._stop_waiting(job, FinishReason.CANCELLED)
        elif job.id in self._open:
            self._hosts[job.model].cancel(job.id)

    def answer(self, job: Job, call: str, content: str) -> None:
        """Give the result of a tool; with the last one the job goes on. Others are ignored."""
        if job.rounds and job.submit and job.rounds.answer(call, content):
            job.submit = job.rounds.next_submit(job.submit, job.choices[0])
            self._hosts[job.model].submit(job.submit, partial(self._receive, job))

    def end_late_rounds(self) -> None:
        """End the jobs that have waited too long for a tool; to be called now and then."""
        for job in list(self._open.values()):
            if job.rounds and job.rounds.late:
                self._stop_waiting(job, FinishReason.TOOL_CALLS)

    def _stop_waiting(self, job: Job, reason: FinishReason) -> None:
        job.stop_waiting(reason)
        self._settle(job)

    def release(self, job: Job) -> None:
        """Let go what a job has prepared."""
        if job.model in self._hosts:
            self._hosts[job.model].release(job.id)

    def pace(self, pace: Pace | None) -> None:
        """Let all models take no more of the machine than this; None is what the settings say."""
        for host in self._hosts.values():
            host.pace(pace)

    def load(self, model: str) -> None:
        """Begin to load a model that is not; raises MODEL_NOT_FOUND."""
        _, host = self.resolve(model)
        if not self._closed:
            self._run(host.start())

    def unload(self, model: str) -> None:
        """Give a model's memory back, its open jobs fail; raises MODEL_NOT_FOUND."""
        name, host = self.resolve(model)
        if not self._closed:
            reason = f"Model '{name}' was unloaded; load it and ask again"
            self._run(host.stop(ErrorCode.MODEL_FAILED, reason))

    def close(self) -> None:
        """Refuse jobs from now on; those that their hosts have are theirs to end."""
        self._closed = True
        for job in list(self._open.values()):
            self._settle(job)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # The loop itself would let it be collected.
        task.add_done_callback(self._ran)

    def _ran(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            _log.error("a model could not be loaded or unloaded", exc_info=error)

    def _start(self, job: Job, make: Callable[[str, float], Submit]) -> None:
        if self._closed:
            raise HearsayError(ErrorCode.SHUTTING_DOWN, "Hearsay is shutting down; try it later")
        job.model, host = self.resolve(job.asked)
        self._check_room(job.model)
        self._open[job.id] = job
        try:
            submit = make(job.id, job.submitted_at)
            job.begin(submit)
            host.submit(submit, partial(self._receive, job))
        except BaseException:
            self._open.pop(job.id, None)
            raise

    def _check_room(self, model: str) -> None:
        waiting = sum(job.model == model and not job.wrote for job in self._open.values())
        if waiting >= MAX_WAITING:
            message = f"{waiting} jobs are waiting for this model already; try again later"
            raise HearsayError(ErrorCode.BUSY, message)

    def _receive(self, job: Job, output: Output) -> None:
        if isinstance(output, Wrote) and output.text and not job.wrote:
            self.metrics[job.model].first_text.add(self._clock() - job.submitted_at)
        job.receive(output)
        self._settle(job)

    def _settle(self, job: Job) -> None:
        if self._closed and job.waiting:  # Nobody will answer, and no host has it.
            job.fail(HearsayError(ErrorCode.SHUTTING_DOWN, "Hearsay is shutting down"))
        if job.done and self._open.pop(job.id, None) is not None:
            self.metrics[job.model].add(job)
            self._tell(job)

    def _tell(self, job: Job) -> None:
        usage = job.usage
        _log.info(
            "job %s of %s: %s, %d + %d tokens in %.2f s",
            job.id,
            job.model,
            job.outcome,
            usage.prompt_tokens,
            usage.completion_tokens,
            self._clock() - job.submitted_at,
        )


def to_submit(job: str, now: float, request: ChatRequest, wish: Serving) -> Submit:
    """Return what a worker is told of a request that came at a time of the service's clock."""
    return Submit(
        job=job,
        messages=request.messages,
        sampling=Sampling(**{name: getattr(request, name) for name in _SAMPLING}),
        max_tokens=max_tokens(request),
        stop=stops(request),
        choices=request.n or 1,
        form=form(request),
        ignore_eos=request.ignore_eos,
        template_kwargs=template_kwargs(request),
        **tool_wishes(request),
        reasoning_budget=request.reasoning_budget,
        top_logprobs=(request.top_logprobs or 0) if request.logprobs else None,
        priority=wish.priority,
        deadline=_later(now, wish.deadline_ms),
        first_token_by=_later(now, wish.first_token_by_ms),
        character=wish.character,
        context_policy=request.context_policy,
    )


def _later(now: float, milliseconds: int | None) -> float | None:
    return None if milliseconds is None else now + milliseconds / 1000
