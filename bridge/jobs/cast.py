"""Who plays in a session: its characters, and the beginnings that were read ahead for them."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable
from functools import partial

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.characters import State, seal, unseal
from bridge.jobs.job import Job
from bridge.jobs.service import Service
from bridge.protocol import (
    MAX_JOBS,
    CharacterLoaded,
    CharacterSaved,
    FinishReason,
    LoadCharacter,
    Prepare,
    Sampling,
    SaveCharacter,
    ServerMessage,
)
from bridge.worker.messages import Finished, Memory, Submit, Task

MAX_CHARACTERS = 4096
"""Of a session with more characters, who spoke longest ago is not known any more."""

Errand = tuple[Job, Callable[[Job], ServerMessage]]
"""A job, and what is told when it has ended well."""


class Cast:
    """One session's characters by name; other sessions' of the same name are others."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._scope = secrets.token_hex(8)
        self._models: OrderedDict[str, str | None] = OrderedDict()
        self._prepared: OrderedDict[str, Job] = OrderedDict()

    def speaks(self, character: str | None, model: str) -> str | None:
        """Note which model a character speaks through; return its name among all sessions."""
        if character is None:
            return None
        self._know(character, model)
        return self._key(character)

    def prepare(self, prepare: Prepare) -> Job:
        """Have a beginning read, and keep it until it is released."""

        def make(job: str) -> Submit:
            return Submit(
                job=job,
                messages=prepare.messages,
                sampling=Sampling(temperature=0),
                tools=prepare.tools or [],
                task=Task.PREPARE,
                priority=prepare.priority,
            )

        self.release(prepare.job)
        job = self._service.errand(prepare.model, _nobody, make)
        self._prepared[prepare.job] = job
        if len(self._prepared) > MAX_JOBS:
            self.release(next(iter(self._prepared)))
        return job

    def release(self, name: str) -> None:
        """Let go what a job has prepared; unknown ones are ignored."""
        if job := self._prepared.pop(name, None):
            self._service.release(job)

    def save(self, message: SaveCharacter) -> Errand:
        """
        Ask a character's model for what the character remembers.

        Raises HearsayError(INVALID_REQUEST) for one that is not known: the game's own state of it
        may be better than nothing.
        """
        character = message.character
        if character not in self._models:
            reason = f"No character {character!r} has spoken or was loaded here; check the name"
            raise HearsayError(ErrorCode.INVALID_REQUEST, reason, "character")
        model = self._models[character]
        job = self._errand(model, Task.SAVE, character) if model else _nothing_to_do()

        def answer(job: Job) -> ServerMessage:
            state = State(job.model, job.memory) if job.memory else State()
            return CharacterSaved(job=message.job, character=character, state=seal(state))

        return job, answer

    def load(self, message: LoadCharacter) -> Errand:
        """Give a character its memory back; raises HearsayError when it is none."""
        state = unseal(message.state)
        job = _nothing_to_do()
        self._know(message.character, self._models.get(message.character))
        if state.model is not None and self._serves(state.model):
            self._know(message.character, state.model)
            job = self._errand(state.model, Task.LOAD, message.character, state.memory)
        loaded = CharacterLoaded(job=message.job, character=message.character)
        return job, lambda _: loaded

    def end(self) -> None:
        """Release everything."""
        for name in list(self._prepared):
            self.release(name)

    def _know(self, character: str, model: str | None) -> None:
        self._models[character] = model
        self._models.move_to_end(character)
        if len(self._models) > MAX_CHARACTERS:
            self._models.popitem(last=False)

    def _key(self, character: str) -> str:
        return f"{self._scope}/{character}"

    def _serves(self, model: str) -> bool:
        try:
            self._service.resolve(model)
        except HearsayError:
            return False
        return True

    def _errand(self, model: str, task: Task, character: str, memory: Memory | None = None) -> Job:
        make = partial(_order, task=task, character=self._key(character), memory=memory)
        return self._service.errand(model, _nobody, make)


def _order(job: str, task: Task, character: str, memory: Memory | None) -> Submit:
    return Submit(
        job=job,
        messages=[],
        sampling=Sampling(temperature=0),
        task=task,
        character=character,
        memory=memory,
    )


def _nothing_to_do() -> Job:
    job = Job("", 1, _nobody, 0.0)
    job.receive(
        Finished(
            job=job.id,
            index=0,
            reason=FinishReason.STOP,
            cached_tokens=0,
            completion_tokens=0,
            queued_ms=0.0,
            prefill_ms=0.0,
            decode_ms=0.0,
        )
    )
    return job


def _nobody() -> None:
    """Take the place of a client until it listens."""
