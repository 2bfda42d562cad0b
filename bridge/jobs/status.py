"""How busy the sidecar is, as one client may know it."""

from __future__ import annotations

import psutil

from bridge.jobs.service import Model
from bridge.jobs.session import Session
from bridge.jobs.sessions import Sessions
from bridge.protocol import ModelLoad, Status


def status(sessions: Sessions, session: Session) -> Status:
    """Return every model's load, this session's characters, and the gateway's own memory."""
    return Status(
        models=[_load(model) for model in sessions.service.models()],
        characters=session.characters(),
        sessions=len(sessions),
        memory_bytes=psutil.Process().memory_info().rss,
    )


def _load(model: Model) -> ModelLoad:
    load = model.host.load
    return ModelLoad(
        model=model.id,
        running=load.running,
        waiting=load.waiting,
        slots=load.slots,
        cells_used=load.cells_used,
        cells=load.cells,
        tokens_per_second=load.completion_tokens / load.decode_seconds
        if load.decode_seconds
        else 0,
        restarts=model.host.restarts,
        preemptions=load.preemptions,
        restored_tokens=load.restored_tokens,
        saved_bytes=load.saved_bytes,
        pinned=load.pinned,
    )
