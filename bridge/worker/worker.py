"""The worker's loop: commands in, one engine step, everything it had to say in one message out."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import zmq

from bridge.engine.engine import Engine, Event, Order, Written
from bridge.engine.sequence import Sequence
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import FinishReason
from bridge.worker.loading import Loaded
from bridge.worker.messages import (
    Cancel,
    Command,
    Failed,
    Finished,
    Load,
    Output,
    Outputs,
    Report,
    Started,
    Stop,
    Submit,
    Wrote,
    unpack_command,
)

log = logging.getLogger("hearsay.worker")


@dataclass(slots=True)
class _Open:
    """A job at work: its rendered conversation and how many of its choices are not over."""

    rendered: str
    left: int


class Worker:
    """One engine at work for one gateway."""

    def __init__(
        self,
        loaded: Loaded,
        commands: zmq.Socket[bytes],
        epoch: int,
        send: Callable[[Report], None],
    ) -> None:
        self._prompts = loaded.prompts
        self._backend = loaded.backend
        self._commands = commands
        self._epoch = epoch
        self._send = send
        self._engine = Engine(loaded.backend, time.monotonic)
        self._outputs: list[Output] = []
        self._open: dict[str, _Open] = {}

    def run(self) -> None:
        """Work until told to stop. Waits without turning while there is nothing to do."""
        while self._receive():
            self._report()  # What was understood is known before the first, long step.
            for event in self._engine.step():
                self._note(event)
            self._report()

    def _report(self) -> None:
        if self._outputs:
            self._send(Outputs(self._outputs, self._load()))
            self._outputs = []

    def _receive(self) -> bool:
        """Carry out every command that is there; False when one of them was to stop."""
        while self._commands.poll(None if self._idle else 0):
            epoch, command = unpack_command(self._commands.recv())
            if isinstance(command, Stop):
                return False
            if epoch == self._epoch:
                self._obey(command)
        return True

    @property
    def _idle(self) -> bool:
        return self._engine.idle and not self._outputs

    def _obey(self, command: Command) -> None:
        if isinstance(command, Cancel):
            self._engine.cancel(command.job)
        elif isinstance(command, Submit):
            try:
                self._submit(command)
            except HearsayError as error:
                failed = Failed(command.job, error.code, error.message, error.param)
                self._outputs.append(failed)
            except Exception:  # A bug must cost one job, not everybody's.
                log.exception("job %s could not be started", command.job)
                reason = "Hearsay failed to start this job; its log says why"
                self._outputs.append(Failed(command.job, ErrorCode.INTERNAL, reason))

    def _submit(self, submit: Submit) -> None:
        rendered = self._prompts.render(submit.messages, submit.template_kwargs)
        prompt = self._prompts.read(rendered)
        seed = submit.sampling.seed
        drawn = secrets.randbits(32) if seed is None else (seed ^ (seed >> 32)) & 0xFFFFFFFF
        left = 0
        for index in range(submit.choices):
            resume = submit.resume[index] if submit.resume else None
            if resume and resume.finished:
                continue
            self._engine.add(
                Order(
                    job=submit.job,
                    index=index,
                    prompt=prompt,
                    sampling=submit.sampling,
                    seed=drawn,
                    max_tokens=submit.max_tokens,
                    stops=tuple(submit.stop),
                    ignore_eos=submit.ignore_eos,
                    written=tuple(resume.ids) if resume else (),
                )
            )
            left += 1
        self._open[submit.job] = _Open(rendered, left)
        self._outputs.append(Started(submit.job, len(prompt)))

    def _note(self, event: Event) -> None:
        sequence = event.sequence
        if isinstance(event, Written):
            self._outputs.append(Wrote(sequence.job, sequence.index, event.ids, event.text))
            return
        job = self._open[sequence.job]
        self._remember(job.rendered, sequence)
        self._outputs.append(_finished(sequence))
        job.left -= 1
        if not job.left:
            del self._open[sequence.job]

    def _remember(self, rendered: str, sequence: Sequence) -> None:
        """Keep what was written with its tokens, for the conversation's next turn."""
        written = sequence.tokens[sequence.prompt_length :]
        if written and self._backend.ends(written[-1]):
            del written[-1]
        self._prompts.remember(rendered, written)

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
        )


def _finished(sequence: Sequence) -> Finished:
    ended = sequence.ended_at or sequence.queued_at
    admitted = sequence.admitted_at or ended
    first = sequence.first_token_at or ended
    return Finished(
        job=sequence.job,
        index=sequence.index,
        reason=sequence.reason or FinishReason.CANCELLED,
        cached_tokens=sequence.cached or 0,
        completion_tokens=sequence.written,
        queued_ms=(admitted - sequence.queued_at) * 1000,
        prefill_ms=(first - admitted) * 1000,
        decode_ms=(ended - first) * 1000,
    )
