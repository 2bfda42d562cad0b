"""The client's state machine: frames in, frames out; no sockets, and the clock is a parameter."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator
from enum import StrEnum

from msgspec.structs import replace

from bridge.client.book import Answer, Book, Question
from bridge.client.errors import ConnectionLostError
from bridge.client.outage import Outage, Patience
from bridge.client.pending import JobMessage, Order
from bridge.errors import ErrorCode, HearsayError
from bridge.protocol import (
    IDLE_SECONDS,
    MAX_FRAME_BYTES,
    MAX_JOBS,
    MODEL_PREFIX,
    RESUME_SECONDS,
    ClientMessage,
    Fault,
    Goodbye,
    Hello,
    Limits,
    ModelChanged,
    Models,
    Ping,
    Pong,
    Resume,
    ServerGoodbye,
    Status,
    Welcome,
)
from bridge.wire.client_frames import ClientCodec

MISSES = 3
"""So many pings in a row without an answer mean that the connection is dead."""

STRIKES = 3
"""So many connections that ended in garbage, with nothing new between, mean a broken session."""

FINAL = (ErrorCode.UNAUTHORIZED, ErrorCode.FORBIDDEN, ErrorCode.PROTOCOL_MISMATCH)
"""With these a sidecar says that it will not speak with this client, however often it asks."""

Notice = Welcome | ModelChanged | Fault
"""What belongs to no job; each welcome is a new connection."""


class State(StrEnum):
    """Where a client stands; the README has the table of what leads where."""

    DOWN = "down"
    """There is no connection; the next attempt comes when it is due."""
    GREETING = "greeting"
    """There is a connection, hello was said, welcome has not come."""
    LIVE = "live"
    """Messages flow."""
    OVER = "over"
    """The end: nothing is tried any more."""


class Core:
    """
    One client: its session, its jobs, and what is to be sent.

    A transport calls `connected`, then `receive` for each frame, sends what `data_to_send`
    yields, closes when `hanging_up` is set, and calls `disconnected` when the connection is
    closed, whoever closed it, or could not be opened. It calls `tick` every `wait` seconds, and
    opens the next connection when the state is DOWN and `wait` is 0. `lost` is the reason while
    the sidecar is taken for gone. `notice` hears what belongs to no job.
    """

    def __init__(
        self,
        hello: Hello,
        codec: ClientCodec,
        patience: Patience,
        *,
        clock: Callable[[], float],
        random: Callable[[], float],
        notice: Callable[[Notice], None],
        address: str = "the sidecar's address",
    ) -> None:
        self.state = State.DOWN
        self.hanging_up: str | None = None
        self.parting = False
        """Whether a goodbye of ours waits for its answer."""
        self.lost: HearsayError | None = None
        self.session: str | None = None
        self.limits = Limits(MAX_FRAME_BYTES, MAX_JOBS, RESUME_SECONDS, IDLE_SECONDS)
        self.features: frozenset[str] = frozenset()
        self.models: list[str] = []
        """What can be named, ids and aliases; empty before the first welcome."""
        self._hello = hello
        self._codec = codec
        self._patience = patience
        self._clock = clock
        self._notice = notice
        self._address = address
        self._was_there = False
        self._book = Book(self._send, clock)
        self._outage = Outage(patience, clock, random)
        self._outbox: deque[bytes] = deque()
        self._reason = "it does not answer"
        self._due = clock()
        self._missed = self._strikes = self._pings = 0

    # What the user does.

    def submit(self, order: Order, tell: Callable[[JobMessage], None]) -> None:
        """
        Open a job; `tell` hears all of it, and its last message exactly once.

        Raises HearsayError, and then there is no job: CONNECTION_LOST while the sidecar is taken
        for gone, DUPLICATE_JOB, BUSY with as many open jobs as the sidecar allows, TOO_LARGE.
        """
        self._check(order)
        self._book.open(order, tell, self.limits.max_jobs)

    def cancel(self, job: str) -> None:
        """Take a job back: it ends as cancelled. One that is over stays as it is."""
        self._book.cancel(job)

    def ask(self, question: Question, answer: Callable[[Answer], None]) -> None:
        """Ask what belongs to no job; `answer` hears the answer, or an error, exactly once."""
        self._check(question)
        self._book.ask(question, answer)

    def say(self, message: ClientMessage) -> None:
        """Say what has no answer, now or once there is a connection; raises as `submit` does."""
        self._check(message)
        self._book.say(message)

    def check_model(self, model: str) -> None:
        """Raise HearsayError(MODEL_NOT_FOUND) unless the sidecar has told of a model."""
        if model.removeprefix(MODEL_PREFIX) not in self.models:
            message = f"Model {model!r} not found; there are: {', '.join(self.models)}"
            raise HearsayError(ErrorCode.MODEL_NOT_FOUND, message, "model")

    def close(self) -> None:
        """Leave: the sidecar forgets the session, and every open job fails."""
        if self.state is State.LIVE:
            self._send(Goodbye())
            self.parting = True
        self.end(ConnectionLostError("This client was closed"))

    def end(self, error: HearsayError) -> None:
        """Stop for good; every open job fails."""
        if self.state is not State.OVER:
            self.state = State.OVER
            self.hanging_up = error.message
            self._give_up(error)

    # What the transport does.

    def connected(self) -> None:
        """Begin to speak over a new connection."""
        if self.state is State.OVER:
            return  # It came too late; `hanging_up` says so.
        self.state = State.GREETING
        self._due = self._clock() + self._patience.greeting_seconds
        resume = Resume(session=self.session, seen=self._book.seen()) if self.session else None
        self._send(replace(self._hello, resume=resume))

    def receive(self, frame: bytes) -> None:
        """Take in one frame of the connection."""
        if self.hanging_up is not None:
            self.parting = self.parting and not self._is_goodbye(frame)
            return
        try:
            message = self._codec.decode(frame)
        except HearsayError as error:
            self._strike(error.message)
            return
        self._missed = 0
        if isinstance(message, ServerGoodbye):
            self._goodbye(message)
        elif isinstance(message, Welcome):
            self._welcome(message)
        elif self.state is State.GREETING:
            self._strike("a message came before welcome")
        else:
            self._outage.end()  # More than a welcome: the connection works.
            self._hear(message)

    @property
    def has_data(self) -> bool:
        """Whether there is something to send."""
        return bool(self._outbox)

    def data_to_send(self) -> Iterator[bytes]:
        """Yield the frames that are due, one message each."""
        while self._outbox:
            yield self._outbox.popleft()

    def disconnected(self, reason: str, *, refused: bool = False) -> None:
        """Note that a connection is closed or could not be opened; `refused`: nobody listens."""
        if self.state is State.OVER:
            return
        self.state = State.DOWN
        self._book.live = False
        self._outbox.clear()
        self._reason = self.hanging_up or reason
        self.hanging_up = None
        self._due = self._outage.begin(refused=refused)
        self.tick()

    def tick(self) -> None:
        """Do what is due: give up, hang up, or ping."""
        now = self._clock()
        if now >= self._hopeless_at():
            self._give_up(ConnectionLostError(self._why_gone()))
        if now < self._due:
            return
        if self.state is State.GREETING:
            self.hanging_up = "no welcome came in time"
        elif self.state is State.LIVE and self._missed >= MISSES:
            self.hanging_up = "it is silent"
        elif self.state is State.LIVE:
            self._ping()

    @property
    def wait(self) -> float:
        """In how many seconds a `tick`, or in state DOWN the next attempt, is due."""
        return max(0.0, min(self._due, self._hopeless_at()) - self._clock())

    def _check(self, message: ClientMessage) -> None:
        if self.lost:
            raise self.lost
        size = len(self._codec.encode(message))
        if size > self.limits.max_frame_bytes:
            reason = f"The message has {size} bytes; {self.limits.max_frame_bytes} are allowed"
            raise HearsayError(ErrorCode.TOO_LARGE, reason)

    def _send(self, message: ClientMessage) -> None:
        self._outbox.append(self._codec.encode(message))

    def _hear(
        self, message: JobMessage | Status | Models | Pong | ModelChanged | Fault | None
    ) -> None:
        match message:
            case None | Pong():  # None is from a newer sidecar, about what we cannot have asked.
                pass
            case Status() | Models():
                self._book.answer(message)
            case ModelChanged() | Fault():
                self._notice(message)
            case _:
                if self._book.hear(message):
                    self._strikes = 0

    def _welcome(self, welcome: Welcome) -> None:
        if self.state is not State.GREETING:
            self._strike("it said welcome twice")
            return
        if not welcome.resumed:
            self._forget_session(
                ConnectionLostError("The sidecar does not know this session any more")
            )
        self.state = State.LIVE
        self._was_there = True
        self.lost = None
        self.session = welcome.session
        self.limits = welcome.limits
        self.features = frozenset(welcome.features)
        self.models = [name for each in welcome.models for name in (each.id, *each.aliases)]
        self._book.go_on(welcome.lost)
        self._ping()  # Its answer is the proof that the connection works.
        self._notice(welcome)

    def _is_goodbye(self, frame: bytes) -> bool:
        try:
            return isinstance(self._codec.decode(frame), ServerGoodbye)
        except HearsayError:
            return False

    def _goodbye(self, goodbye: ServerGoodbye) -> None:
        self.hanging_up = goodbye.message
        if goodbye.code in FINAL:
            self.end(HearsayError(ErrorCode(goodbye.code), goodbye.message))
        elif goodbye.code in {ErrorCode.UNKNOWN_SESSION, "bye"}:
            self._forget_session(ConnectionLostError(goodbye.message))

    def _forget_session(self, error: HearsayError) -> None:
        self.session = None
        self._book.fail_sent(error)

    def _strike(self, reason: str) -> None:
        """Hang up on garbage: the next connection brings again whatever it stood for."""
        self.hanging_up = reason
        self._strikes += 1
        if self._strikes == STRIKES:
            self._strikes = 0
            self._forget_session(HearsayError(ErrorCode.BROKEN_STREAM, reason))
            self._send(Goodbye())

    def _give_up(self, error: HearsayError) -> None:
        self.lost = error
        self.session = None  # What it still has for us would only be about jobs that failed.
        self._book.live = False
        self._book.fail_all(error)

    def _why_gone(self) -> str:
        if self._was_there:
            return f"The sidecar is gone: {self._reason}"
        advice = "start one with `hearsay serve`, or have `launch` start it"
        return f"Nobody answers at {self._address} ({self._reason}); {advice}"

    def _hopeless_at(self) -> float:
        if self.lost or self.state is State.LIVE:
            return math.inf
        return self._outage.hopeless_at(self.limits.resume_seconds if self.session else None)

    def _ping(self) -> None:
        seconds = self._patience.ping_seconds or self.limits.idle_seconds / 3
        self._due = self._clock() + seconds
        self._missed += 1
        self._pings += 1
        self._send(Ping(nonce=str(self._pings)))
