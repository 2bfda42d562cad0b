"""Functions that answer the calls of a job: the model calls, they run, the job goes on."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps

from bridge.client.pending import JobMessage
from bridge.client.tool_checks import Tools, check_functions, tool_slips
from bridge.errors import HearsayError
from bridge.protocol import JobToolCall, Json, ToolCall

log = logging.getLogger(__name__)

__all__ = ["Toolbox", "Tools", "in_threads"]


class Toolbox:
    """
    Answers the calls of one job.

    A function may be a coroutine. What it returns is told to the model, as JSON unless it is a
    string; so is what it raises, and a call that fits no function: the model may do better. Either
    is in the log too, and so is what does not fit between the functions and the tools `offered`.

    Raises HearsayError(INVALID_REQUEST) for what are no functions by name.
    """

    def __init__(
        self,
        tools: Tools,
        answer: Callable[[str, str], None],
        offered: Sequence[Mapping[str, Json]] | None = None,
    ) -> None:
        check_functions(tools)
        for slip in tool_slips(tools, offered) if offered is not None else ():
            log.warning("%s", slip)
        self._tools = tools
        self._answer = answer
        self._running: set[asyncio.Task[None]] = set()

    def listen(self, tell: Callable[[JobMessage], None]) -> Callable[[JobMessage], None]:
        """Return what hears a job's messages, answers its calls and passes all on to `tell`."""

        def hear(message: JobMessage) -> None:
            tell(message)
            if isinstance(message, JobToolCall):
                task = asyncio.ensure_future(self._run(message.call))
                self._running.add(task)  # The loop itself would let it be collected.
                task.add_done_callback(self._running.discard)

        return hear

    async def _run(self, call: ToolCall) -> None:
        try:
            result = await self._result(call)
        except Exception as error:
            log.warning("the tool %s failed", call.name, exc_info=True)
            result = f"Error: {error}"
        try:
            self._answer(call.id, result)
        except Exception as error:  # It is too long, or no text that could be sent.
            log.warning("what the tool %s returned cannot be told", call.name, exc_info=True)
            with suppress(HearsayError):  # The sidecar is gone, and with it the job.
                self._answer(call.id, f"Error: {error}")

    async def _result(self, call: ToolCall) -> str:
        function = self._tools.get(call.name)
        if function is None:
            log.warning("the model called %r, and there is no function for it", call.name)
            return f"Error: there is no function for {call.name}"
        result = function(**json.loads(call.arguments or "{}"))
        if inspect.isawaitable(result):
            result = await result
        return result if isinstance(result, str) else json.dumps(result, default=str)


def in_threads(tools: Tools) -> Tools:
    """
    Return the same functions, each call in a thread of its own: whoever waits may block.

    Raises HearsayError(INVALID_REQUEST) for what are no functions by name.
    """
    check_functions(tools)
    return {name: _in_thread(function) for name, function in tools.items()}


def _in_thread(function: Callable[..., object]) -> Callable[..., object]:
    @wraps(function)  # Its parameters are looked at.
    async def run(**arguments: object) -> object:
        result = await asyncio.to_thread(function, **arguments)
        return await result if inspect.isawaitable(result) else result

    return run
