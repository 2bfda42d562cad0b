"""A gateway whose model is a double: what it writes costs nothing, so the delivery is measured."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import Callable

import msgspec
import psutil
import uvicorn

from bridge.errors import ErrorCode
from bridge.jobs.service import Service
from bridge.jobs.sessions import Sessions
from bridge.protocol import FinishReason, Pace
from bridge.transports.http import create_app
from bridge.transports.server_options import SERVER_OPTIONS
from bridge.worker.messages import Finished, Load, Output, Ready, Started, Submit, Wrote

MODEL = "bench"
WORD = " word"
SETTLE_SECONDS = 0.5


class Plan(msgspec.Struct, frozen=True):
    """
    What to write: so many steps, each a chunk for each of `jobs`, once all these are there.

    `rate` is in steps per second, 0 is as fast as it goes; `stamps` makes every chunk the time
    when it was written, in nanoseconds.
    """

    jobs: int
    steps: int
    rate: float = 0.0
    stamps: bool = False


class Result(msgspec.Struct, frozen=True):
    """What writing took, in seconds, and what the process grew by meanwhile, in bytes."""

    seconds: float
    processor_seconds: float
    growth: int


class Firehose:
    """Stands where a worker's supervisor stands."""

    def __init__(self, plan: Plan) -> None:
        self.state = "ready"
        self.progress = 1.0
        self.failure: str | None = None
        self.ready: Ready | None = None
        self.load = Load()
        self.restarts = 0
        self.result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._plan = plan
        self._sinks: dict[str, Callable[[Output], None]] = {}

    async def start(self) -> None:
        """Do nothing: it runs."""

    async def stop(self, code: ErrorCode, reason: str) -> None:
        """Do nothing: it ends with its process."""

    def submit(self, submit: Submit, sink: Callable[[Output], None]) -> None:
        """Take a job; the last one opens the tap."""
        self._sinks[submit.job] = sink
        sink(Started(submit.job, 1))
        if len(self._sinks) == self._plan.jobs:
            self._task = asyncio.create_task(self._write())

    def cancel(self, job: str) -> None:
        """Do nothing: nobody takes a job back here."""

    def release(self, job: str) -> None:
        """Do nothing: nobody prepares anything here."""

    def pace(self, pace: Pace | None) -> None:
        """Do nothing: there is no engine to hold back."""

    async def _write(self) -> None:
        await asyncio.sleep(SETTLE_SECONDS)
        process = psutil.Process()
        memory, spent, begun = process.memory_info().rss, time.process_time(), time.perf_counter()
        for step in range(self._plan.steps):
            if self._plan.rate:
                await asyncio.sleep(begun + step / self._plan.rate - time.perf_counter())
            for job, sink in self._sinks.items():
                text = f"{time.perf_counter_ns()} " if self._plan.stamps else WORD
                sink(Wrote(job, 0, [1], text))
            await asyncio.sleep(0)
        seconds, spent = time.perf_counter() - begun, time.process_time() - spent
        self.result.set_result(Result(seconds, spent, process.memory_info().rss - memory))
        for job, sink in self._sinks.items():
            sink(_end(job))


def _end(job: str) -> Finished:
    return Finished(
        job=job,
        index=0,
        reason=FinishReason.STOP,
        cached_tokens=0,
        completion_tokens=0,
        queued_ms=0.0,
        prefill_ms=0.0,
        decode_ms=0.0,
    )


async def serve(plan: Plan) -> None:
    """Serve until standard input ends; prints the port, and the result when there is one."""
    host = Firehose(plan)
    service = Service({MODEL: host})
    app = create_app(service, token=None, sessions=Sessions(service))
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        loop="none",
        lifespan="off",
        log_level="critical",
        **SERVER_OPTIONS,
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    print(listener.getsockname()[1], flush=True)
    print(json.dumps(msgspec.to_builtins(await host.result)), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.should_exit = server.force_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(sys.argv[1], type=Plan)))
