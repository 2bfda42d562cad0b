"""The client for asyncio programs: one session over a connection that mends itself."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import count
from typing import Self, Unpack, cast

from bridge import __version__
from bridge.client.book import Answer, Question
from bridge.client.core import Core, Notice
from bridge.client.errors import ConnectionLostError
from bridge.client.job import Job
from bridge.client.launch import Sidecar
from bridge.client.links import address, codec_for
from bridge.client.options import (
    ClientOptions,
    Message,
    Request,
    SubmitOptions,
    checked,
    to_messages,
    to_submit,
)
from bridge.client.outage import Patience
from bridge.client.pending import JobMessage, Order
from bridge.client.runner import Runner
from bridge.client.tools import Toolbox, Tools
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    PROTOCOL_VERSION,
    CharacterSaved,
    ClientInfo,
    ClientMessage,
    Fault,
    GetStatus,
    Heard,
    Hello,
    Json,
    ListModels,
    LoadCharacter,
    LoadModel,
    ModelInfo,
    Models,
    Pace,
    PaceMode,
    Prepare,
    Priority,
    Release,
    SaveCharacter,
    Status,
    SubmitChat,
    ToolResult,
    UnloadModel,
)

log = logging.getLogger(__name__)


class AsyncHearsay:
    """
    A client, made by `connect` or `launch` and opened by `async with` or `await`.

    A drop of the connection is mended without a word, and every job gets exactly the rest. When
    the sidecar is gone for good, open jobs raise ConnectionLostError, and so does every call
    until it is back. All methods raise HearsayError.
    """

    def __init__(self, start: Callable[[], tuple[str, str | None]], options: ClientOptions) -> None:
        if unknown := options.keys() - ClientOptions.__annotations__.keys():
            raise TypeError(f"Unexpected keyword argument {min(unknown)!r}")
        self._start = start
        self._options = options
        self._ids = count(1)
        self._address = ""
        self._sidecar: Sidecar | None = None
        self._core: Core
        self._runner: Runner
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def connect(
        cls, url: str, *, token: str | None = None, **options: Unpack[ClientOptions]
    ) -> Self:
        """
        Speak with a sidecar that runs: `http://HOST:PORT`, `tcp://HOST:PORT`, `ipc://PATH`.

        Raises ValueError when the address is none.
        """
        found = address(url)
        client = cls(lambda: (found, token), options)
        client._address = url
        return client

    @classmethod
    def launch(
        cls,
        models: str | Sequence[str] = (),
        *,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """
        Speak with a sidecar of our own, which ends with this client and with this program.

        `models` are ids or paths; none takes the embedded one. `arguments` are more words for
        `hearsay serve`, `environment` is added to ours.
        """
        named = [models] if isinstance(models, str) else models  # A string is a sequence too.

        def start() -> tuple[str, str | None]:
            sidecar = client._sidecar = Sidecar.start(named, arguments, environment)
            return address(sidecar.url), sidecar.token

        client = cls(start, options)
        return client

    async def open(self) -> Self:
        """Start what is to be started and connect; raises HearsayError when that fails."""
        starting = asyncio.ensure_future(asyncio.to_thread(self._start))
        try:
            url, token = await asyncio.shield(starting)
            self._begin(url, token)
            await self._runner.settled()
        except BaseException:
            await asyncio.wait([starting])  # A sidecar that is being started is ended too.
            await self.close()
            raise
        if lost := self._core.lost:
            await self.close()
            raise lost
        return self

    async def close(self) -> None:
        """End the session and its jobs, and the sidecar if it is our own."""
        if self._task:
            self._core.close()
            self._runner.wake()
            await asyncio.wait([self._task])
        if self._sidecar:
            await asyncio.to_thread(self._sidecar.stop)

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def _opened(self) -> Core:
        if self._task is None:
            raise ConnectionLostError("This client is not open; use `async with` or `await` it")
        return self._core

    def __await__(self) -> Generator[object, None, Self]:
        return self.open().__await__()

    @property
    def features(self) -> frozenset[str]:
        """What this sidecar does, in the words of `Feature`; the rest it takes without effect."""
        return self._opened.features

    async def async_chat_completions(
        self,
        request: Request,
        *,
        job: str | None = None,
        tools: Tools | None = None,
        **options: Unpack[SubmitOptions],
    ) -> Job:
        """
        Ask for a reply; `await` the job for it. `job` is an id of your own choice.

        `tools` are functions by name, which answer when the model calls them; without them the
        calls are among the job's events, and `tool_result` answers.
        """
        order = to_submit(job or self._new_id(), request, stream=False, **options)
        return self._submit(order, tools)

    async def stream_chat_completions(
        self,
        request: Request,
        *,
        job: str | None = None,
        tools: Tools | None = None,
        **options: Unpack[SubmitOptions],
    ) -> Job:
        """Ask for a reply as it is written: `async for text in job`; `tools` as above."""
        order = to_submit(job or self._new_id(), request, stream=True, **options)
        return self._submit(order, tools)

    async def prepare(
        self,
        model: str,
        messages: Sequence[Message],
        *,
        tools: Sequence[dict[str, Json]] = (),
        job: str | None = None,
        priority: Priority | str = Priority.NORMAL,
    ) -> Job:
        """
        Have the beginning of conversations read ahead; `await` the job to know it is.

        `tools`, in OpenAI's form, are those that they will have: most models read them first. It
        is kept until `release(job.id)`, or until this session is over.
        """
        order = Prepare(
            job=job or self._new_id(),
            model=model,
            messages=to_messages(messages),
            tools=list(tools) or None,
            priority=cast(Priority, priority),
        )
        return self._submit(checked(order))

    def release(self, job: str) -> None:
        """Let go what a job has prepared."""
        self._say(Release(job=job))

    async def save_character(self, character: str) -> str:
        """Return a character's state, for a save-game."""
        last = await self._submit(SaveCharacter(job=self._new_id(), character=character)).last()
        assert isinstance(last, CharacterSaved)  # noqa: S101 - what ends such a job
        return last.state

    async def load_character(self, character: str, state: str) -> None:
        """Give a character's state back."""
        order = LoadCharacter(job=self._new_id(), character=character, state=state)
        await self._submit(order).last()

    async def status(self) -> Status:
        """Return how busy the sidecar is."""
        answer = await self._ask(GetStatus())
        assert isinstance(answer, Status)  # noqa: S101 - the book matches answers with questions
        return answer

    async def models(self) -> list[ModelInfo]:
        """Return what is served."""
        answer = await self._ask(ListModels())
        assert isinstance(answer, Models)  # noqa: S101 - as above
        return answer.models

    def cancel(self, job: str) -> None:
        """Take a job back; one that is over stays as it is."""
        self._opened.cancel(job)
        self._runner.wake()

    def heard(self, job: str, characters: int, *, index: int = 0) -> None:
        """
        Tell how many code points of a reply were heard before it was interrupted.

        Raises HearsayError(INVALID_REQUEST) for a number out of bounds.
        """
        self._say(Heard(job=job, index=index, characters=characters))

    def tool_result(self, job: str, call: str, content: str) -> None:
        """Tell what a tool answered."""
        self._say(ToolResult(job=job, call=call, content=content))

    def pace(
        self,
        mode: PaceMode | str,
        *,
        share: float | None = None,
        tokens_per_second: float | None = None,
        frame_ms: float | None = None,
    ) -> None:
        """
        Tell how much of the machine can be spared from now on.

        Raises HearsayError(INVALID_REQUEST) for another mode, or a number out of bounds.
        """
        self._say(Pace(cast(PaceMode, mode), share, tokens_per_second, frame_ms))

    def load_model(self, model: str) -> None:
        """
        Load a model that is known; `on_notice` hears how it goes.

        Raises HearsayError(MODEL_NOT_FOUND) for one that the sidecar has not told of.
        """
        self._opened.check_model(model)
        self._say(LoadModel(model=model))

    def unload_model(self, model: str) -> None:
        """Give a model's memory back; its jobs fail. Raises as `load_model` does."""
        self._opened.check_model(model)
        self._say(UnloadModel(model=model))

    def drop(self) -> None:
        """Cut the connection as a broken network does, to see what a game makes of it."""
        self._runner.drop()

    def _begin(self, url: str, token: str | None) -> None:
        options = self._options
        codec = codec_for(url, msgpack=options.get("msgpack", False))
        info = options.get("client") or ClientInfo(name="hearsay-python", version=__version__)
        patience = options.get("patience") or Patience()
        self._core = Core(
            Hello(protocol=PROTOCOL_VERSION, token=token, client=info),
            codec,
            patience,
            clock=time.monotonic,
            random=random.random,
            address=self._address or url,
            notice=options.get("on_notice") or _log_faults,
        )
        self._runner = Runner(
            self._core,
            url,
            text=codec.text,
            open_seconds=patience.greeting_seconds,
            server_key=options.get("server_key"),
        )
        self._task = asyncio.create_task(self._runner.run())
        self._task.add_done_callback(self._ran)
        if self._sidecar:
            self._watch(self._sidecar)

    def _ran(self, task: asyncio.Task[None]) -> None:
        # A fault of ours, or a loop that ends: no job may wait for what is never carried.
        fault = None if task.cancelled() else task.exception()
        if fault:
            log.error("the client failed", exc_info=fault)
        self._core.end(HearsayError(ErrorCode.INTERNAL, f"The client failed: {fault!r}"))

    def _watch(self, sidecar: Sidecar) -> None:
        loop = asyncio.get_running_loop()
        gone = ConnectionLostError(f"The sidecar has ended; its log says why: {sidecar.log_file}")

        def ended() -> None:
            self._core.end(gone)
            self._runner.wake()

        def tell() -> None:
            with suppress(RuntimeError):  # The loop may be closed by now.
                loop.call_soon_threadsafe(ended)

        sidecar.when_ended(tell)

    def _new_id(self) -> str:
        return str(next(self._ids))

    def _submit(self, order: Order, tools: Tools | None = None) -> Job:
        job = Job(order.job, self.cancel)
        tell: Callable[[JobMessage], None] = job.receive
        if tools is not None:
            offered = order.request.tools or [] if isinstance(order, SubmitChat) else []
            answer = partial(self.tool_result, order.job)
            tell = Toolbox(tools, answer, offered).listen(tell)
        self._opened.submit(order, tell)
        self._runner.wake()
        return job

    def _say(self, message: ClientMessage) -> None:
        self._opened.say(checked(message))
        self._runner.wake()

    async def _ask(self, question: Question) -> Status | Models:
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

        def answer(given: Answer) -> None:
            if not answered.done():  # Who asked may have left meanwhile.
                answered.set_result(given)

        self._opened.ask(question, answer)
        self._runner.wake()
        if isinstance(given := await answered, HearsayError):
            raise given
        return given


def _log_faults(notice: Notice) -> None:
    """What nobody listens to is at least in the log: a slip must not pass in silence."""
    if isinstance(notice, Fault):
        log.warning("the sidecar refused a message: %s", notice.message)
