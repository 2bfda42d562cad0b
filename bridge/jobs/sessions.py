"""All sessions of a sidecar: opened, resumed, and forgotten when nobody comes back."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Protocol

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.paces import Paces
from bridge.jobs.service import Service
from bridge.jobs.session import Session
from bridge.protocol import RESUME_SECONDS, ClientInfo, ModelInfo, ModelState, Pace

MAX_SESSIONS = 1024
"""So many clients are known at once; the next one is told to come back later."""


class Connected(Protocol):
    """A connection that speaks our protocol, with a session or not yet with one."""

    @property
    def has_session(self) -> bool:
        """Whether it has said hello and been let in."""

    def check_silence(self, now: float) -> None:
        """Close it if it has been silent for too long."""

    def close(self, code: str, message: str) -> None:
        """Say goodbye and let it end; its session may be resumed."""


class Sessions:
    """
    The clients of our own protocol.

    `clock` counts seconds and never goes back. `sweep` is to be called every second or so.
    """

    def __init__(
        self,
        service: Service,
        *,
        clock: Callable[[], float] = time.monotonic,
        resume_seconds: float = RESUME_SECONDS,
    ) -> None:
        self.service = service
        self.resume_seconds = resume_seconds
        self.clock = clock
        self.connections: set[Connected] = set()
        self._sessions: dict[str, Session] = {}
        self._paces = Paces()
        self._models = {info.id: info for info in self.models()}

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def connected(self) -> int:
        """How many clients are there now; those that may come back are not counted."""
        return sum(connection.has_session for connection in self.connections)

    def open(self, client: ClientInfo) -> Session:
        """Return a new session; raises HearsayError(BUSY)."""
        if len(self._sessions) >= MAX_SESSIONS:
            self._make_room()
        session = Session(
            secrets.token_urlsafe(24),  # 192 bits: whoever knows it may resume it.
            client,
            self.service,
            clock=self.clock,
            resume_seconds=self.resume_seconds,
        )
        self._sessions[session.id] = session
        return session

    def find(self, session_id: str) -> Session:
        """Return a session to resume; raises HearsayError(UNKNOWN_SESSION)."""
        if session := self._sessions.get(session_id):
            return session
        raise HearsayError(
            ErrorCode.UNKNOWN_SESSION,
            "The session is gone and its jobs with it; say hello without resume",
            "resume.session",
        )

    def close(self, session: Session) -> None:
        """End a session and its jobs."""
        if self._sessions.pop(session.id, None):
            session.end()
        if self._paces.forget(session.id):
            self.service.pace(self._paces.common)

    def leave(self, session: Session) -> None:
        """Let a session wait for its client; what the client could spare holds nobody back."""
        session.leave()
        if self._paces.leave(session.id):
            self.service.pace(self._paces.common)

    def come_back(self, session: Session) -> None:
        """Follow again what a client can spare that has resumed its session."""
        if self._paces.come_back(session.id):
            self.service.pace(self._paces.common)

    def pace(self, session: Session, pace: Pace) -> None:
        """Follow what a session can spare; of several sessions the most modest holds for all."""
        self._paces.wish(session.id, pace)
        self.service.pace(self._paces.common)

    def sweep(self) -> None:
        """Forget what nobody came back for in time, and close connections that are silent."""
        now = self.clock()
        self.service.end_late_rounds()
        for connection in list(self.connections):
            connection.check_silence(now)
        for session in list(self._sessions.values()):
            session.forget_old()
            if session.gone_at is not None and session.gone_at <= now - self.resume_seconds:
                self.close(session)

    def say_goodbye(self) -> None:
        """Let every connection tell what is left to tell, and end."""
        for connection in list(self.connections):
            connection.close(ErrorCode.SHUTTING_DOWN, "Hearsay is shutting down")

    def models_changed(self) -> None:
        """Tell every client which models are not what they were."""
        for info in self.models():
            if self._models[info.id] != info:
                self._models[info.id] = info
                for session in self._sessions.values():
                    session.tell_model(info)

    def models(self) -> list[ModelInfo]:
        """Return every model as it is now."""
        return [
            ModelInfo(
                id=model.id,
                aliases=model.aliases,
                state=ModelState(model.host.state),
                progress=round(model.host.progress, 3),
                failure=model.host.failure,
                context=model.host.ready.context if model.host.ready else None,
            )
            for model in self.service.models()
        ]

    def _make_room(self) -> None:
        """Give up the client that has been gone for longest, one without open jobs first."""
        gone = [session for session in self._sessions.values() if session.gone_at is not None]
        if not gone:
            raise HearsayError(ErrorCode.BUSY, f"{MAX_SESSIONS} sessions are open; try again later")
        self.close(min(gone, key=lambda each: (each.open_jobs > 0, each.gone_at)))
