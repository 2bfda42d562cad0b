"""The worker's loop: commands in, one engine step, everything it had to say in one message out."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial

from bridge.chat.flow import ReplyFlow
from bridge.chat.summaries import Summaries
from bridge.engine.constraint import Constraint
from bridge.engine.engine import Engine, too_long
from bridge.engine.events import Ended, Event, Order, Written
from bridge.engine.sequence import Sequence
from bridge.errors import ErrorCode, HearsayError
from bridge.grammar.injection import inject
from bridge.protocol import ChatMessage, FinishReason
from bridge.worker.compiling import CompileDesk
from bridge.worker.conversation import Reader
from bridge.worker.errands import Errands
from bridge.worker.link import Inbox
from bridge.worker.loading import Loaded
from bridge.worker.messages import (
    Cancel,
    Command,
    Failed,
    Finished,
    Load,
    Memory,
    Output,
    Outputs,
    Release,
    Remembered,
    Report,
    SetPace,
    Started,
    Submit,
    Task,
)
from bridge.worker.notes import Notes
from bridge.worker.politeness import follow
from bridge.worker.replies import Replies, binds
from bridge.worker.rest import Rest
from bridge.worker.running import unsent

COMPILE_SECONDS = 0.001
"""How often to look whether a form is compiled, when there is nothing else to do."""

IDLE_SECONDS = 0.5
"""How often a worker without work looks how busy the machine is; it costs 0.02 % of a core."""

log = logging.getLogger("hearsay.worker")


@dataclass(slots=True)
class _Open:
    """A job at work: its rendered conversation and how many of its choices are not over."""

    rendered: str
    left: int
    character: str | None = None
    flows: dict[int, ReplyFlow] = field(default_factory=dict)
    notes: Notes | None = None


class Worker:
    """One engine at work for one gateway."""

    def __init__(
        self,
        loaded: Loaded,
        inbox: Inbox,
        send: Callable[[Report], None],
    ) -> None:
        self._prompts = loaded.prompts
        self._summaries = Summaries()
        self._reader = Reader(
            loaded.prompts,
            loaded.backend.context,
            self._summaries,
            partial(too_long, loaded.backend),
        )
        self._replies = Replies(loaded.manner, loaded.backend)
        self._backend = loaded.backend
        self._inbox = inbox
        self._send = send
        self._engine = Engine(
            loaded.backend, time.monotonic, archive=loaded.archive, pacer=loaded.pacer
        )
        self._rest = Rest(loaded.pacer, time.monotonic)
        self._desk = CompileDesk(loaded.compiler, time.monotonic)
        self._errands = Errands(self._engine, loaded.prompts, loaded.backend)
        self._outputs: list[Output] = []
        self._open: dict[str, _Open] = {}

    def run(self) -> None:
        """Work until the inbox is closed. Waits without turning while there is nothing to do."""
        while self._receive():
            self._collect()
            self._report()  # What was understood is known before the first, long step.
            self._rest.look_around()
            self._engine.pacer.crowded = self._desk.busy
            for event in self._engine.step() if self._rest.over else self._engine.rest():
                self._note(event)
            self._report()

    def keep(self, seconds: float) -> None:
        """Put conversations where they outlive this process, for so long at most."""
        end = time.monotonic() + seconds
        for _ in self._engine.store_all():
            if time.monotonic() >= end:
                return

    def _report(self) -> None:
        if self._outputs or self._rest.is_silent:
            self._rest.spoke()
            self._send(Outputs(self._outputs, self._load()))
            self._outputs = []

    def _receive(self) -> bool:
        """Carry out every command that is there; False when the inbox is closed."""
        while command := self._next():
            self._obey(command)
        return not self._inbox.closed

    def _next(self) -> Command | None:
        """Wait for a command; None when there is something else to do before, or no more comes."""
        while self._idle and not self._inbox.closed:
            # What is going on around us must be known when somebody comes, and not be found out.
            self._rest.look_around()
            seconds = 0.0 if self._engine.tidy() else IDLE_SECONDS
            if command := self._inbox.take(seconds):
                return command
        return None if self._inbox.closed else self._inbox.take(self._patience)

    @property
    def _idle(self) -> bool:
        return self._engine.idle and not self._outputs and not self._desk.busy

    @property
    def _patience(self) -> float:
        """How many seconds to wait for a command while there is work."""
        return COMPILE_SECONDS if self._engine.idle else self._rest.seconds()

    def _obey(self, command: Command) -> None:
        if isinstance(command, Cancel):
            self._cancel(command.job)
        elif isinstance(command, SetPace):
            self._engine.pacer.set(command.pace, time.monotonic())
            follow(command.pace.mode)
        elif isinstance(command, Release):
            self._engine.cancel(command.job)  # After a death it is read again.
            self._engine.unpin(command.job)
        elif isinstance(command, Submit):
            self._attempt(command.job, partial(self._start, command))

    def _attempt(self, job: str, work: Callable[[], None]) -> None:
        try:
            work()
        except HearsayError as error:
            self._fail(job, error)
        except Exception:  # A bug must cost one job, not everybody's.
            log.exception("job %s could not be started", job)
            reason = "Hearsay failed to start this job; its log says why"
            self._fail(job, HearsayError(ErrorCode.INTERNAL, reason))

    def _fail(self, job: str, error: HearsayError) -> None:
        self._outputs.append(Failed(job, error.code, error.message, error.param))

    def _cancel(self, job: str) -> None:
        submit = self._desk.cancel(job)
        if submit is None:
            self._engine.cancel(job)
        else:
            self._end(submit, FinishReason.CANCELLED)

    def _end(self, submit: Submit, reason: FinishReason) -> None:
        """End a job that the engine does not know yet."""
        for index in range(submit.choices):
            resume = submit.resume[index] if submit.resume else None
            if not (resume and resume.finished):
                written = len(resume.ids) if resume else 0
                self._outputs.append(unsent(submit.job, index, reason, written))

    def _collect(self) -> None:
        """Begin the jobs whose forms are compiled."""
        for submit in self._desk.expired():
            self._end(submit, FinishReason.EXPIRED)
        for submit, outcome in self._desk.finished():
            if isinstance(outcome, HearsayError):
                self._fail(submit.job, outcome)
            else:
                self._attempt(submit.job, partial(self._write, submit, outcome))

    def _start(self, submit: Submit) -> None:
        match submit.task:
            case Task.WRITE:
                if self._replies.is_held(submit):
                    self._desk.order(submit, self._replies.drafts(submit))
                else:
                    self._write(submit, None)
            case Task.PREPARE:
                tokens = self._errands.prepare(submit)
                self._open[submit.job] = _Open("", 1)
                self._outputs.append(Started(submit.job, tokens))
            case Task.SAVE:
                memory = self._errands.save(submit.character or "")
                self._outputs.append(Remembered(submit.job, memory))
                self._end(submit, FinishReason.STOP)
            case Task.LOAD:
                self._errands.load(submit, submit.memory or Memory())
                self._end(submit, FinishReason.STOP)

    def _summarize(self) -> None:
        """Have the model tell in short what conversations had to leave out, when it has time."""
        for wish in self._summaries.take_wishes():
            notes = Notes(self._summaries, wish)
            try:
                self._submit(notes.submit(), notes)
            except HearsayError:
                notes.close()  # It does not fit; the conversation goes on without it.

    def _write(self, submit: Submit, constraint: Constraint | None) -> None:
        self._submit(submit, constraint=constraint)
        self._summarize()

    def _submit(
        self, submit: Submit, notes: Notes | None = None, constraint: Constraint | None = None
    ) -> None:
        reading = self._reader.read(
            inject(submit.messages, submit.form),
            lambda messages: self._render(submit, messages),
            submit.context_policy,
            submit.max_tokens,
        )
        prompt = reading.tokens
        seed = submit.sampling.seed
        drawn = secrets.randbits(32) if seed is None else (seed ^ (seed >> 32)) & 0xFFFFFFFF
        left = 0
        flows: dict[int, ReplyFlow] = {}
        for index in range(submit.choices):
            resume = submit.resume[index] if submit.resume else None
            if resume and resume.finished:
                continue
            flow = flows[index] = self._replies.flow(submit, reading.rendered)
            order = _order(submit, index, prompt, drawn, flow)
            binding = self._replies.constraint(submit, constraint, flow)
            written = tuple(resume.ids) if resume else ()
            self._engine.add(replace(order, constraint=binding, written=written))
            flow.take()  # What left before has been told.
            left += 1
        self._open[submit.job] = _Open(reading.rendered, left, submit.character, flows, notes)
        if notes is None:
            self._outputs.append(
                Started(submit.job, len(prompt), reading.dropped, reading.summarized)
            )

    def _render(self, submit: Submit, messages: Iterable[ChatMessage]) -> str:
        rendered = self._prompts.render(messages, submit.template_kwargs, submit.tools)
        return self._replies.prompt(submit, rendered)

    def _note(self, event: Event) -> None:
        sequence = event.sequence
        job = self._open.get(sequence.job)
        if job is None:
            return  # Read ahead, for nobody who waits.
        flow = job.flows.get(sequence.index)
        if job.notes and flow:
            job.notes.write(flow.take().text)
            if isinstance(event, Ended):
                job.notes.close()
                del self._open[sequence.job]
            return
        if isinstance(event, Written):
            if flow:
                self._outputs.append(self._replies.wrote(event, flow))
            return
        if sequence.fault:
            del self._open[sequence.job]
            self._fail(sequence.job, sequence.fault)
            self._engine.cancel(sequence.job)
            return
        self._remember(job, sequence)
        self._outputs.append(_finished(sequence, flow))
        job.left -= 1
        if not job.left:
            del self._open[sequence.job]

    def _remember(self, job: _Open, sequence: Sequence) -> None:
        """Keep what was written with its tokens, for the conversation's next turn."""
        written = sequence.tokens[sequence.prompt_length :]
        if written and self._backend.ends(written[-1]):
            del written[-1]
        self._prompts.remember(job.rendered, written)
        if not sequence.index:
            self._errands.note(job.character, job.rendered, written)

    def _load(self) -> Load:
        engine, totals = self._engine, self._engine.totals
        return Load(
            running=engine.running,
            waiting=engine.waiting,
            slots=self._backend.slots,
            cells_used=engine.cells_used,
            cells=self._backend.cells,
            steps=totals.steps,
            prompt_tokens=totals.prompt_tokens,
            cached_tokens=totals.cached_tokens,
            completion_tokens=totals.completion_tokens,
            decode_seconds=totals.decode_seconds,
            preemptions=totals.preemptions,
            restored_tokens=engine.restored_tokens,
            guessed_tokens=totals.guessed_tokens,
            saved_bytes=engine.archive.bytes_used,
            pinned=engine.archive.pinned,
        )


def _order(submit: Submit, index: int, prompt: list[int], seed: int, flow: ReplyFlow) -> Order:
    return Order(
        job=submit.job,
        index=index,
        prompt=prompt,
        sampling=submit.sampling,
        seed=seed,
        max_tokens=submit.max_tokens,
        flow=flow,
        constraint_field="response_format" if binds(submit) else "tools",
        top_logprobs=submit.top_logprobs,
        ignore_eos=submit.ignore_eos,
        priority=submit.priority,
        deadline=submit.deadline,
        first_token_by=submit.first_token_by,
    )


def _finished(sequence: Sequence, flow: ReplyFlow | None) -> Finished:
    ended = sequence.ended_at or sequence.queued_at
    admitted = sequence.admitted_at or ended
    first = sequence.first_token_at or ended
    return Finished(
        job=sequence.job,
        index=sequence.index,
        reason=_reason(sequence, flow),
        cached_tokens=sequence.cached or 0,
        completion_tokens=sequence.written,
        reasoning_tokens=flow.reasoning_tokens if flow else 0,
        queued_ms=(admitted - sequence.queued_at) * 1000,
        prefill_ms=(first - admitted) * 1000,
        decode_ms=(ended - first) * 1000,
        preemptions=sequence.preemptions,
    )


def _reason(sequence: Sequence, flow: ReplyFlow | None) -> FinishReason:
    if sequence.reason is FinishReason.STOP and flow and flow.called:
        return FinishReason.TOOL_CALLS
    return sequence.reason or FinishReason.CANCELLED
