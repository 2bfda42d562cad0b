"""What each message of a client does to its session."""

from __future__ import annotations

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.session import Session
from bridge.jobs.sessions import Sessions
from bridge.jobs.status import status
from bridge.protocol import (
    CancelJob,
    ChatRequest,
    ClientMessage,
    Feature,
    GetStatus,
    Heard,
    ListModels,
    LoadCharacter,
    LoadModel,
    Models,
    Ping,
    Pong,
    Prepare,
    SaveCharacter,
    SubmitChat,
    ToolResult,
    UnloadModel,
)

FEATURES = (Feature.REPLACE, Feature.HEARD, Feature.PREPARE, Feature.MODEL_LOAD)
"""What this sidecar does beyond carrying the messages."""


def obey(sessions: Sessions, session: Session, message: ClientMessage) -> None:
    """
    Do what a client says; raises HearsayError when it cannot be done and no job tells so.

    `Pace` is taken and, until the engine can adapt, has no effect: see FEATURES.
    """
    _about_a_job(session, message)
    match message:
        case ListModels():
            session.tell(Models(models=sessions.models()))
        case LoadModel():
            sessions.service.load(message.model)
        case UnloadModel():
            sessions.service.unload(message.model)
        case GetStatus():
            session.tell(status(sessions, session))
        case Ping():
            session.tell(Pong(nonce=message.nonce))


def _about_a_job(session: Session, message: ClientMessage) -> None:
    match message:
        case SubmitChat():
            session.submit(message)
        case Prepare():
            session.prepare(message.job, _reading(message))
        case CancelJob():
            session.cancel(message.job)
        case Heard():
            session.heard(message)
        case ToolResult():
            session.know(message.job)
        case SaveCharacter() | LoadCharacter():
            reason = "This sidecar cannot save and load characters"
            session.refuse(message.job, HearsayError(ErrorCode.UNSUPPORTED, reason))


def _reading(prepare: Prepare) -> ChatRequest:
    # The plain thing: one token is asked for, so the prompt is read and stays remembered.
    return ChatRequest(model=prepare.model, messages=prepare.messages, max_tokens=1, temperature=0)
