"""A core driven by hand: a clock that is set, and a sidecar that says what it is told to."""

from __future__ import annotations

from typing import Any

from bridge.client.book import Answer
from bridge.client.core import Core, Notice, State
from bridge.client.outage import Patience
from bridge.client.pending import JobMessage
from bridge.errors import HearsayError
from bridge.protocol import (
    MAX_FRAME_BYTES,
    PROTOCOL_VERSION,
    ChatMessage,
    ChatRequest,
    ChatResponse,
    Choice,
    ClientMessage,
    FinishReason,
    Hello,
    JobChunk,
    JobDone,
    Limits,
    Ping,
    PromptTokensDetails,
    ReplyMessage,
    Role,
    ServerMessage,
    SubmitChat,
    Timings,
    Usage,
    Welcome,
)
from bridge.wire.client_frames import ClientJsonCodec
from bridge.wire.frames import JsonCodec

LIMITS = Limits(max_frame_bytes=MAX_FRAME_BYTES, max_jobs=4, resume_seconds=120, idle_seconds=60)


class Hand:
    """A core, and both ends of its connection."""

    def __init__(self) -> None:
        self.now = 100.0
        self.told: list[JobMessage] = []
        self.answers: list[Answer] = []
        self.notices: list[Notice] = []
        self._codec = JsonCodec()
        self.core = Core(
            Hello(protocol=PROTOCOL_VERSION, token="secret"),
            ClientJsonCodec(),
            Patience(),
            clock=lambda: self.now,
            random=lambda: 0.0,
            notice=self.notices.append,
        )

    def state(self) -> State:
        """Return where the core stands."""
        return self.core.state

    def hanging_up(self) -> str | None:
        """Return why the core wants the connection to be closed."""
        return self.core.hanging_up

    def lost(self) -> HearsayError | None:
        """Return why the core takes the sidecar for gone."""
        return self.core.lost

    def sent(self) -> list[ClientMessage]:
        """Return what the core sends; pings are left out."""
        sent = [self._codec.decode(frame) for frame in self.core.data_to_send()]
        return [message for message in sent if not isinstance(message, Ping)]

    def pings(self) -> int:
        """Return how many pings the core sends."""
        sent = [self._codec.decode(frame) for frame in self.core.data_to_send()]
        return sum(isinstance(message, Ping) for message in sent)

    def say(self, *messages: ServerMessage) -> None:
        """Let the sidecar say something."""
        for message in messages:
            self.core.receive(self._codec.encode(message))

    def live(self, *, session: str = "s1", resumed: bool = False, **more: Any) -> Hello:
        """Connect and say welcome; return the client's hello."""
        self.core.connected()
        (hello,) = self.sent()
        assert isinstance(hello, Hello)
        self.say(welcome(session, resumed=resumed, **more))
        return hello

    def submit(self, job: str = "a", **options: Any) -> None:
        """Open a job that streams."""
        self.core.submit(order(job, **options), self.told.append)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        self.core.tick()


def welcome(session: str = "s1", *, resumed: bool = False, **more: Any) -> Welcome:
    """Return a welcome."""
    given = {"limits": LIMITS, "features": [], "models": [], **more}
    return Welcome(
        session=session,
        protocol=PROTOCOL_VERSION,
        server="1",
        resumed=resumed,
        **given,
    )


def order(job: str, *, stream: bool = True, **options: Any) -> SubmitChat:
    """Return a job's submit."""
    messages = [ChatMessage(role=Role.USER, content="Hello")]
    request = ChatRequest(model="m", messages=messages, stream=stream)
    return SubmitChat(job=job, request=request, **options)


def chunk(text: str, offset: int, job: str = "a", **more: Any) -> JobChunk:
    """Return a chunk that ends at an offset."""
    return JobChunk(job=job, offset=offset, text=text, **more)


def done(
    text: str | None = "", job: str = "a", reason: FinishReason = FinishReason.STOP
) -> JobDone:
    """Return a last message with one choice."""
    choice = Choice(index=0, message=ReplyMessage(content=text), finish_reason=reason)
    response = ChatResponse(
        id="x",
        created=1,
        model="m",
        choices=[choice],
        usage=Usage(1, 1, 2, PromptTokensDetails(0)),
    )
    return JobDone(job=job, response=response, timings=Timings(1.0, 1.0, 1.0))
