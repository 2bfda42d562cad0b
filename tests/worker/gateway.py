"""Stands where the gateway's service stands: gives a supervisor jobs and keeps what comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from bridge.protocol import ChatMessage, Role, Sampling
from bridge.worker.messages import Failed, Finished, Output, Started, Submit, Wrote
from bridge.worker.options import WorkerOptions
from bridge.worker.supervisor import Supervisor

TAVERN = Path(__file__).parents[2] / "bridge" / "models" / "data" / "tavern.gguf"


def options(**changes: Any) -> WorkerOptions:
    defaults: dict[str, Any] = {"path": TAVERN, "slots": 4, "context": 2048, "backend": "fake"}
    return WorkerOptions(**{**defaults, **changes})


class Gateway:
    """A supervisor and the log of its jobs. Holds every job to one last message."""

    def __init__(self, **changes: Any) -> None:
        self._changed = asyncio.Condition()
        self.supervisor = Supervisor(options(**changes), self._wake)
        self.outputs: dict[str, list[Output]] = {}
        self._wanted: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        await self.supervisor.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.supervisor.stop()

    def submit(self, job: str, text: str = "Hello", **changes: Any) -> None:
        settings: dict[str, Any] = {"sampling": Sampling(temperature=0), **changes}
        messages = [ChatMessage(Role.SYSTEM, "You are Boris."), ChatMessage(Role.USER, text)]
        self.send(Submit(job=job, messages=messages, **settings))

    def send(self, submit: Submit) -> None:
        self.outputs[submit.job] = []
        self._wanted[submit.job] = submit.choices
        self.supervisor.submit(submit, self._receive)

    def text(self, job: str, index: int = 0) -> str:
        return "".join(o.text for o in self._wrote(job) if o.index == index)

    def ids(self, job: str, index: int = 0) -> list[int]:
        return [token for o in self._wrote(job) if o.index == index for token in o.ids]

    def finished(self, job: str) -> list[Finished]:
        return [o for o in self.outputs[job] if isinstance(o, Finished)]

    def failed(self, job: str) -> Failed | None:
        return next((o for o in self.outputs[job] if isinstance(o, Failed)), None)

    def over(self, job: str) -> bool:
        return bool(self.failed(job)) or len(self.finished(job)) == self._wanted[job]

    async def until(self, true: Callable[[], object]) -> None:
        async with asyncio.timeout(60), self._changed:
            await self._changed.wait_for(lambda: bool(true()))

    async def all_over(self) -> None:
        await self.until(lambda: all(map(self.over, self.outputs)))

    def _wrote(self, job: str) -> list[Wrote]:
        return [o for o in self.outputs[job] if isinstance(o, Wrote)]

    def _receive(self, output: Output) -> None:
        assert not self.over(output.job), f"after the end of {output.job}: {output}"
        if isinstance(output, Started):
            assert not any(isinstance(o, Started) for o in self.outputs[output.job])
        self.outputs[output.job].append(output)
        self._wake()

    def _wake(self) -> None:
        async def notify() -> None:
            async with self._changed:
                self._changed.notify_all()

        self._task = asyncio.get_running_loop().create_task(notify())
