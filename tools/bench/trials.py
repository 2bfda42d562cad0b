"""
`python -m tools.bench.trials`: workers die in every phase, and the replies must not show it.

llama.cpp adds up a row in another order when it is read again beside others, so with `--real` a
reply may take another way where two tokens are nearly as likely; it is judged token by token then.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import typer

from bridge.chat.prompt import PromptReader
from bridge.chat.template import ChatTemplate
from bridge.models.store import embedded_path
from bridge.protocol import ChatMessage, Role, Sampling
from bridge.worker.messages import Failed, Finished, Output, Submit, Wrote
from bridge.worker.options import WorkerOptions
from bridge.worker.supervisor import Supervisor
from tools.bench.figures import percentile
from tools.bench.judge import NOISE, Judge, load
from tools.bench.verdict import conclude

STREAMS = 16
MOST_TOKENS = 40
PHASES = ("loading", "prefill", "decode")
WAYS = tuple(
    number for name in ("SIGKILL", "SIGABRT", "SIGSEGV", "SIGTERM")
    if (number := getattr(signal, name, None))
)  # fmt: skip

app = typer.Typer(add_completion=False)


@dataclass
class Reply:
    """One job's reply, as the gateway would have told it."""

    job: str
    max_tokens: int
    text: str = ""
    ids: list[int] = field(default_factory=list)
    ends: list[Finished | Failed] = field(default_factory=list)
    silent_since: float | None = None
    """When the last worker died that was to write it; None once there was another word."""


@dataclass
class Report:
    """What came of the trials; anything in `broken` is a promise that was."""

    trials: Counter[str] = field(default_factory=Counter)
    deaths: int = 0
    replies: int = 0
    judged: int = 0
    """Replies that went another way than undisturbed, with tokens that were as likely."""
    pauses: list[float] = field(default_factory=list)
    """Seconds from each death to the next word of each reply that it interrupted."""
    broken: list[str] = field(default_factory=list)


class Trial:
    """Sixteen streams on one worker, and the undisturbed replies that they are held against."""

    def __init__(self, report: Report, *, real: bool, seed: int) -> None:
        self.report = report
        self._draw = random.Random(seed)
        self._assessor = Assessor() if real else None
        self._changed = asyncio.Event()
        self._calm: dict[str, str] = {}
        self._replies: dict[str, Reply] = {}
        options = WorkerOptions(
            path=embedded_path(),
            slots=STREAMS,
            context=8192,
            backend="llama" if real else "fake",
            fake_step_ms=1.0,
        )
        self._supervisor = Supervisor(options, self._changed.set)

    async def run(self, count: int) -> None:
        """Let a worker die so often in each phase."""
        await self._supervisor.start()
        try:
            await self._round("calm")
            self._calm = {job: reply.text for job, reply in self._replies.items()}
            for number in range(count):
                for phase in PHASES:
                    await self._round(phase)
                    self.report.trials[phase] += 1
                    self._judge(f"{phase} {number}")
        finally:
            await self._supervisor.stop()

    async def _round(self, phase: str) -> None:
        self._replies = {}
        if phase == "loading":  # The death of one that has no work makes another load.
            await self._until(lambda: self._supervisor.state == "ready")
            dead = self._supervisor.pid
            self._die()
            await self._until(lambda: self._supervisor.pid not in {None, dead})
        for number in range(STREAMS):
            self._submit(f"job{number}", 8 + 2 * number)
        if phase == "loading":
            self._die()
        elif phase == "prefill":
            await self._until(lambda: self._supervisor.state == "ready")
            self._die()
        elif phase == "decode":
            enough = self._draw.randrange(1, MOST_TOKENS // 2)
            await self._until(lambda: any(len(r.ids) >= enough for r in self._replies.values()))
            self._die()
        await self._until(lambda: all(reply.ends for reply in self._replies.values()))

    def _die(self) -> None:
        # Between two lives there is nobody to kill.
        if (pid := self._supervisor.pid) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, self._draw.choice(WAYS))
                self.report.deaths += 1
            for reply in self._replies.values():
                if not reply.ends:
                    reply.silent_since = time.monotonic()

    def _submit(self, job: str, max_tokens: int) -> None:
        reply = self._replies[job] = Reply(job, max_tokens)
        self._supervisor.submit(
            Submit(
                job=job,
                messages=_messages(job),
                sampling=Sampling(temperature=0),
                max_tokens=max_tokens,
                ignore_eos=True,
            ),
            lambda output: self._heard(reply, output),
        )

    def _heard(self, reply: Reply, output: Output) -> None:
        if isinstance(output, Wrote):
            if reply.silent_since is not None:
                self.report.pauses.append(time.monotonic() - reply.silent_since)
                reply.silent_since = None
            reply.text += output.text
            reply.ids += output.ids
        elif isinstance(output, Finished | Failed):
            reply.ends.append(output)
        self._changed.set()

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(240):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    def _judge(self, name: str) -> None:
        for job, reply in self._replies.items():
            self.report.replies += 1
            [*others, end] = reply.ends
            if others:
                self.report.broken.append(f"{name}, {job}: {len(reply.ends)} last messages")
            if isinstance(end, Failed):
                self.report.broken.append(f"{name}, {job}: failed with {end.code}")
            elif end.completion_tokens != len(reply.ids) or len(reply.ids) > reply.max_tokens:
                self.report.broken.append(f"{name}, {job}: its tokens were counted wrongly")
            if reply.text != self._calm[job] and not self._as_likely(reply):
                self.report.broken.append(f"{name}, {job}: another text than undisturbed")

    def _as_likely(self, reply: Reply) -> bool:
        if self._assessor is None:
            return False
        self.report.judged += 1
        return self._assessor.doubt(reply) <= NOISE


class Assessor:
    """Tells another way that is as likely from one that no undisturbed reply takes."""

    def __init__(self) -> None:
        self._backend = load(embedded_path(), slots=1)
        template = ChatTemplate(self._backend.chat_template, start_text=self._backend.start_text)
        self._reader = PromptReader(template, self._backend, start_text=self._backend.start_text)
        self._judge = Judge(self._backend)

    def doubt(self, reply: Reply) -> float:
        """Return how far the logits of its least likely token were below the best."""
        prompt = self._reader.read(self._reader.render(_messages(reply.job), {}))
        return self._judge.doubt(prompt + reply.ids, len(prompt))


def _messages(job: str) -> list[ChatMessage]:
    return [ChatMessage(Role.USER, f"Tell me of {job}, " + "and of all else, " * 30)]


async def trials(count: int, *, real: bool = False, seed: int = 1, at_once: int = 1) -> Report:
    """Run so many trials a phase; `real` takes llama.cpp and the built-in model."""
    report = Report()
    async with asyncio.TaskGroup() as group:
        for number in range(at_once):
            share = count * (number + 1) // at_once - count * number // at_once
            group.create_task(Trial(report, real=real, seed=seed + number).run(share))
    return report


@app.command()
def main(
    count: Annotated[int, typer.Option(min=1, help="Deaths in each phase.")] = 200,
    real: Annotated[bool, typer.Option("--real", help="With llama.cpp.")] = False,
    seed: int = 1,
    at_once: Annotated[int, typer.Option(min=1, help="Workers at once.")] = 1,
) -> None:
    """Run; exit code 1 when a reply showed what happened."""
    logging.disable(logging.ERROR)  # That a worker died is no news here.
    report = asyncio.run(trials(count, real=real, seed=seed, at_once=at_once))
    print(f"{dict(report.trials)}, {report.deaths} deaths, {report.replies} replies")
    print(f"{report.judged} took another way that was as likely")
    half, most = (percentile(report.pauses, part) for part in (50, 99))
    print(f"replies went on {half:.2f} s after a death, 99 % of them within {most:.2f} s")
    conclude(report.broken)


if __name__ == "__main__":
    app()
