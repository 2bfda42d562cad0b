"""What each message of a client does to its session."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.jobs.session import Session
from bridge.jobs.sessions import Sessions
from bridge.jobs.status import status
from bridge.protocol import (
    CancelJob,
    ClientMessage,
    Feature,
    GetStatus,
    Heard,
    ListModels,
    LoadCharacter,
    LoadModel,
    Models,
    Pace,
    Ping,
    Pong,
    Prepare,
    Release,
    SaveCharacter,
    SubmitChat,
    ToolResult,
    UnloadModel,
)

FEATURES = (
    Feature.PRIORITY,
    Feature.DEADLINE,
    Feature.REPLACE,
    Feature.HEARD,
    Feature.TOOLS,
    Feature.REASONING,
    Feature.RESPONSE_FORMAT,
    Feature.FIELD_EVENTS,
    Feature.SENTENCE_EVENTS,
    Feature.LOGPROBS,
    Feature.PREPARE,
    Feature.PACE,
    Feature.CHARACTERS,
    Feature.MODEL_LOAD,
)
"""What this sidecar does beyond carrying the messages."""


def obey(
    sessions: Sessions, session: Session, message: ClientMessage, slips: Sequence[str] = ()
) -> None:
    """
    Do what a client says; raises HearsayError when it cannot be done and no job tells so.

    `slips` are what was let pass in the message, in words.
    """
    _about_a_job(session, message, slips)
    match message:
        case ListModels():
            session.tell(Models(models=sessions.models()))
        case LoadModel():
            sessions.service.load(message.model)
        case UnloadModel():
            sessions.service.unload(message.model)
        case GetStatus():
            session.tell(status(sessions, session))
        case Pace():
            sessions.pace(session, message)
        case Ping():
            session.tell(Pong(nonce=message.nonce))


def _about_a_job(session: Session, message: ClientMessage, slips: Sequence[str]) -> None:
    match message:
        case SubmitChat():
            session.submit(message, slips)
        case Prepare():
            session.prepare(message)
        case Release():
            session.release(message.job)
        case CancelJob():
            session.cancel(message.job)
        case Heard():
            session.heard(message)
        case ToolResult():
            session.answer(message)
        case SaveCharacter():
            session.run(message.job, lambda cast: cast.save(message))
        case LoadCharacter():
            session.run(message.job, lambda cast: cast.load(message))
