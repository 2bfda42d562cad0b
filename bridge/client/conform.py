"""
`python -m bridge.client.conform`: this client at the end of the conformance suite's line protocol.

One JSON object a line: commands come on the standard input, events go to the standard output.
`tools/conformance/README.md` describes them.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
import time
from contextlib import suppress
from typing import Any

from bridge.client import AsyncHearsay, HearsayError, Job, Patience
from bridge.client.core import Notice
from bridge.protocol import (
    Fault,
    JobChunk,
    JobDone,
    JobField,
    JobSentence,
    JobStarted,
    JobToolCall,
    ToolCall,
    Welcome,
)

Command = dict[str, Any]  # A line of the suite's; `_obey` is where it meets our types.


def saw(what: str, **more: object) -> None:
    """Write an event."""
    sys.stdout.write(json.dumps({"saw": what, **more}) + "\n")
    sys.stdout.flush()


class Conform:
    """Obeys one command after another."""

    def __init__(self) -> None:
        self._client: AsyncHearsay | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def obey(self, command: Command) -> None:
        """Do what a line says; what goes wrong is an event."""
        job = command.get("job")
        try:
            await self._obey(command)
        except HearsayError as error:
            what = "failed" if job else "error"
            saw(what, **({"job": job} if job else {}), code=error.code, message=error.message)

    async def end(self) -> None:
        """Close what is open."""
        if self._client:
            await self._client.close()
        await asyncio.gather(*self._tasks)

    async def _obey(self, command: Command) -> None:
        match command.pop("do"):
            case "connect":
                patience = Patience(**command.pop("patience", {}))
                client = AsyncHearsay.connect(**command, patience=patience, on_notice=_notice)
                self._client = await client
            case "close":
                await self.end()
                self._client = None
                saw("closed")
            case "block":
                time.sleep(command["seconds"])  # noqa: ASYNC251 - a game that hangs reads nothing
            case other:
                await self._ask(other, command)

    async def _ask(self, what: str, command: Command) -> None:
        if self._client is None:
            raise ValueError(f"{what!r} came before 'connect'")
        client = self._client
        match what:
            case "stream":
                self._follow(await client.stream_chat_completions(**command))
            case "ask":
                self._follow(await client.async_chat_completions(**command))
            case "prepare":
                self._follow(await client.prepare(**command))
            case "cancel":
                client.cancel(command["job"])
            case "tool_result":
                client.tool_result(**command)
            case "drop":
                client.drop()
            case "status":
                saw("status", sessions=(await client.status()).sessions)
            case "models":
                saw("models", models=[model.id for model in await client.models()])
            case _:
                raise ValueError(f"{what!r} is no command")

    def _follow(self, job: Job) -> None:
        task = asyncio.create_task(_tell(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _tell(job: Job) -> None:
    try:
        async for event in job.events():
            match event:
                case JobStarted():
                    saw("started", job=job.id, warnings=event.warnings)
                case JobChunk():
                    saw("chunk", job=job.id, index=event.index, text=event.text)
                case JobField():
                    saw("field", job=job.id, path=event.path, value=event.value)
                case JobSentence():
                    saw("sentence", job=job.id, number=event.number, text=event.text)
                case JobToolCall(call=ToolCall() as call):
                    told = {"call": call.id, "name": call.name, "arguments": call.arguments}
                    saw("call", job=job.id, **told)
        last = await job.last()
        choices = last.response.choices if isinstance(last, JobDone) else []
        texts = [choice.message.content for choice in choices]
        saw("done", job=job.id, texts=texts, reasons=[each.finish_reason for each in choices])
    except HearsayError as error:
        saw("failed", job=job.id, code=error.code, message=error.message)


def _notice(notice: Notice) -> None:
    match notice:
        case Welcome():
            saw("connected", resumed=notice.resumed)
        case Fault():
            saw("fault", code=notice.code)


async def main() -> None:
    """Obey until the input ends."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[str | None] = asyncio.Queue()

    def read() -> None:
        with suppress(RuntimeError):  # The loop may be closed by now.
            for line in sys.stdin:
                loop.call_soon_threadsafe(lines.put_nowait, line)
            loop.call_soon_threadsafe(lines.put_nowait, None)

    threading.Thread(target=read, daemon=True).start()
    conform = Conform()
    while (line := await lines.get()) is not None:
        await conform.obey(json.loads(line))
    await conform.end()


if __name__ == "__main__":
    asyncio.run(main())
