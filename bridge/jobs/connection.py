"""One connection that speaks our protocol: hello first, then messages until either side leaves."""

from __future__ import annotations

import hmac
import logging
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from bridge import __version__
from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.orders import FEATURES, obey
from bridge.jobs.session import Session
from bridge.jobs.sessions import Sessions
from bridge.protocol import (
    IDLE_SECONDS,
    MAX_FRAME_BYTES,
    MAX_JOBS,
    PROTOCOL_VERSION,
    ClientMessage,
    Fault,
    Goodbye,
    Hello,
    Limits,
    ServerGoodbye,
    ServerMessage,
    Welcome,
)
from bridge.wire.frames import Codec, FrameError

HELLO_SECONDS = 10.0
"""How long a connection may take to say hello."""

MAX_UNREAD = 1024
"""A client that lets so many answers lie (to pings, say) is not reading at all."""

BYE = "bye"
"""The session is over, or another connection has it: there is nothing to come back for."""

IDLE = "idle"
"""Nothing was heard; whoever is there may come back and resume."""

log = logging.getLogger(__name__)


class Decoded(NamedTuple):
    """The message of a frame, or what was wrong with it; `slips` were let pass."""

    message: ClientMessage | Exception
    slips: list[str]


class Connection:
    """
    The peer of one connection: frames in, frames out, no sockets.

    `on_news` is called in the event loop when there may be something to send. Once `closing` is
    set, what `data_to_send` yields is the last, and the transport is to end the connection.
    Nothing here raises for anything a client sends.
    """

    def __init__(
        self, sessions: Sessions, codec: Codec, on_news: Callable[[], None], *, token: str | None
    ) -> None:
        self.wake = on_news
        self.closing: str | None = None
        self._sessions = sessions
        self._codec = codec
        self._token = token
        self._session: Session | None = None
        self._last_words: deque[ServerMessage] = deque()
        self._heard_at = sessions.clock()
        sessions.connections.add(self)

    @property
    def has_session(self) -> bool:
        """Whether the client has said hello and been let in."""
        return self._session is not None

    def receive_data(self, frame: bytes) -> None:
        """Take in one frame."""
        self.take(self.decode(frame))

    def decode(self, frame: bytes) -> Decoded:
        """Read one frame, in any thread; it is to be taken in then, in the order of arrival."""
        slips: list[str] = []
        try:
            return Decoded(self._codec.decode(frame, slips.append), slips)
        except Exception as error:  # noqa: BLE001 - raised again where it is taken in
            return Decoded(error, slips)

    def take(self, decoded: Decoded) -> None:
        """Take in a frame that was read."""
        if self.closing is not None:
            return
        self._heard_at = self._sessions.clock()
        try:
            self._receive(decoded.message, decoded.slips)
        except FrameError as error:
            self._answer(error)
        except HearsayError as error:
            self.refuse(error)
        except Exception:
            log.exception("a message could not be handled")
            reason = "Hearsay failed to handle this message; its log says why"
            self.refuse(HearsayError(ErrorCode.INTERNAL, reason))
        if self._session and self._session.unread > MAX_UNREAD:
            self.close(ErrorCode.BUSY, f"{MAX_UNREAD} answers lie unread; read them")

    def refuse(self, error: HearsayError) -> None:
        """Tell what was wrong with a frame; before hello it ends the connection."""
        if self._session is None:
            self.close(error.code, error.message)
        else:
            fault = Fault(code=str(error.code), message=error.message, param=error.param)
            self._session.tell(fault)

    def data_to_send(self) -> Iterator[bytes]:
        """Yield the frames that are due; it may be left at any time and begun again."""
        # One by one: while a frame is being sent, another connection may take the session.
        while message := self._next_message():
            yield self._codec.encode(message)

    def check_silence(self, now: float) -> None:
        """Close the connection if nothing was heard for too long."""
        limit = HELLO_SECONDS if self._session is None else IDLE_SECONDS
        if now - self._heard_at > limit:
            self.close(IDLE, f"Nothing was heard for {limit:g} seconds; send a ping now and then")

    def close(self, code: str, message: str) -> None:
        """Say goodbye from this side; a session stays and may be resumed."""
        if self.closing is None:
            self.closing = str(code)
            self._last_words.append(ServerGoodbye(code=str(code), message=message))
            self.wake()

    def displaced(self) -> None:
        """Note that another connection has resumed the session."""
        self._session = None
        self.close(BYE, "Another connection has resumed this session")

    def detach(self) -> None:
        """Note that the transport is gone; the session waits for its client."""
        self.closing = self.closing or IDLE
        self._sessions.connections.discard(self)
        session, self._session = self._session, None
        if session:
            self._sessions.leave(session)

    def _next_message(self) -> ServerMessage | None:
        if self._session and (message := self._session.next_message()):
            return message
        return self._last_words.popleft() if self._last_words else None

    def _receive(self, message: ClientMessage | Exception, slips: list[str]) -> None:
        if isinstance(message, Exception):
            raise message
        if isinstance(message, Hello):
            self._hello(message)
        elif self._session is None:
            self.close(ErrorCode.OUT_OF_ORDER, "The first message must be hello")
        elif isinstance(message, Goodbye):
            self._sessions.close(self._session)
            self._session = None
            self.close(BYE, "The session has ended")
        else:
            for slip in slips:
                log.warning("a request was let pass with %s", slip)
            obey(self._sessions, self._session, message, slips)

    def _hello(self, hello: Hello) -> None:
        if self._session is not None:
            raise HearsayError(ErrorCode.OUT_OF_ORDER, "hello was said already")
        if hello.protocol < 1:
            message = f"This sidecar speaks protocol 1 to {PROTOCOL_VERSION}; say one of these"
            raise HearsayError(ErrorCode.PROTOCOL_MISMATCH, message, "protocol")
        if not self._trusts(hello.token):
            raise HearsayError(ErrorCode.UNAUTHORIZED, "The token is missing or wrong", "token")
        lost: list[str] = []
        if hello.resume is None:
            session = self._sessions.open(hello.client)
        else:
            session = self._sessions.find(hello.resume.session)
            lost = session.resume(hello.resume.seen)
            self._sessions.come_back(session)
        self._session = session
        session.attach(self)
        session.tell(self._welcome(session, hello, lost))

    def _trusts(self, token: str | None) -> bool:
        if self._token is None:
            return True
        return hmac.compare_digest((token or "").encode(), self._token.encode())

    def _welcome(self, session: Session, hello: Hello, lost: list[str]) -> Welcome:
        return Welcome(
            session=session.id,
            protocol=min(hello.protocol, PROTOCOL_VERSION),
            server=__version__,
            resumed=hello.resume is not None,
            lost=lost,
            limits=Limits(
                max_frame_bytes=MAX_FRAME_BYTES,
                max_jobs=MAX_JOBS,
                resume_seconds=self._sessions.resume_seconds,
                idle_seconds=IDLE_SECONDS,
            ),
            features=[str(feature) for feature in FEATURES],
            models=self._sessions.models(),
        )

    def _answer(self, error: FrameError) -> None:
        """Let the job fail that a bad message would have begun; other faults have no job."""
        if self._session is None or error.job is None:
            self.refuse(error)
            return
        try:
            self._session.refuse(error.job, error)
        except HearsayError as duplicate:
            self.refuse(duplicate)
