"""What a start shows: one ready line for a program, plain lines for a log."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bridge import __version__
from bridge.gateway import StartError
from bridge.gateway.share import Share
from bridge.protocol import PROTOCOL_VERSION

PROGRESS_STEP = 0.25

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Opened:
    """Where a gateway listens."""

    url: str
    port: int
    token: str | None
    token_file: Path | None
    models: list[str]
    log_file: Path | None
    zeromq: list[str] = field(default_factory=list)
    zeromq_key: str | None = None


@dataclass(frozen=True)
class ModelState:
    """How far a model is; `state` is the supervisor's, `failure` one sentence or None."""

    id: str
    state: str
    progress: float
    failure: str | None
    description: str
    restarts: int


class Screen(Protocol):
    """Whom a gateway tells what happens."""

    def opened(self, opened: Opened) -> None:
        """The sockets listen."""

    def changed(self, models: list[ModelState]) -> None:
        """A model has been loaded further, has failed, or was started again."""

    def closed(self) -> None:
        """The gateway ends."""


class ReadyLine:
    """For a game: one line of JSON on the standard output, then nothing any more."""

    def __init__(self, share: Share | None = None) -> None:
        self._share = share
        self._progress = ProgressLog()
        try:
            self._out: int | None = os.dup(1)
        except OSError as error:
            raise StartError("A sidecar needs a standard output for its ready line.") from error
        _silence()

    def opened(self, opened: Opened) -> None:
        """Write the line; raises StartError when nobody reads it."""
        line = {
            "hearsay": __version__,
            "protocol": PROTOCOL_VERSION,
            "pid": os.getpid(),
            "port": opened.port,
            "url": opened.url,
            "token": opened.token,
            "models": opened.models,
            "zeromq": opened.zeromq,
            "zeromq_key": opened.zeromq_key,
            "log": str(opened.log_file) if opened.log_file else None,
        }
        if self._share:
            self._share.publish(json.dumps(line).encode("ascii"))
        self.write(line)

    def write(self, line: Mapping[str, object]) -> None:
        """Write a line, our own or that of a sidecar that is shared; StartError as above."""
        if self._out is None:
            return
        try:
            os.write(self._out, json.dumps(line).encode("ascii") + b"\n")
        except OSError as error:
            raise StartError("Nobody reads the ready line on the standard output.") from error

    def changed(self, models: list[ModelState]) -> None:
        """Log it; a game asks `/health`."""
        self._progress.changed(models)

    def closed(self) -> None:
        """Let a reader see the end of the output."""
        if self._out is not None:
            os.close(self._out)
            self._out = None


def _silence() -> None:
    """Point the outputs at nothing: a game that does not read must never block us."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for descriptor in (1, 2):
        os.dup2(nothing, descriptor)
    os.close(nothing)


class LogLines:
    """For a log: what a person would see, as lines."""

    def __init__(self) -> None:
        self._progress = ProgressLog()

    def opened(self, opened: Opened) -> None:
        """Name the address and the models."""
        log.info("listening on %s, models: %s", opened.url, ", ".join(opened.models))
        if opened.zeromq:
            key = f", with the key {opened.zeromq_key}" if opened.zeromq_key else ""
            log.info("listening on %s%s", ", ".join(opened.zeromq), key)
        if opened.token_file is not None:
            log.info("clients need the token in %s", opened.token_file)

    def changed(self, models: list[ModelState]) -> None:
        """Log it."""
        self._progress.changed(models)

    def closed(self) -> None:
        """Say nothing: the log tells why the gateway ends."""


class ProgressLog:
    """Writes the changes of the models' states to the log, each once."""

    def __init__(self) -> None:
        self._said: dict[str, tuple[str, int, int]] = {}

    def changed(self, models: list[ModelState]) -> None:
        """Write a line for each model whose state, restarts or quarter of loading is new."""
        for model in models:
            loading = model.state == "loading"
            step = int(model.progress / PROGRESS_STEP) if loading else 0
            now = (model.state, model.restarts, step)
            if self._said.get(model.id) != now:
                self._said[model.id] = now
                self._say(model)

    @staticmethod
    def _say(model: ModelState) -> None:
        match model.state:
            case "failed":
                log.error("model %s failed: %s", model.id, model.failure)
            case "loading":
                again = f", start {model.restarts + 1}" if model.restarts else ""
                log.info("model %s: loading, %d %%%s", model.id, model.progress * 100, again)
            case _:
                log.info("model %s: %s %s", model.id, model.state, model.description)
