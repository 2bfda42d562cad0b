"""How a command fails: one sentence on the standard error, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from bridge.config import ConfigError
from bridge.errors import HearsayError
from bridge.gateway import StartError

WRONG_USE = 2
FAILED = 1
INTERRUPTED = 130


class StoppedError(Exception):
    """Ctrl-C came in the middle of something; the message says of what."""


class CommandError(Exception):
    """Why a command cannot do what was asked; the message says what to do."""


@contextmanager
def told() -> Iterator[None]:
    """Turn what is expected to go wrong into its sentence and exit code."""
    try:
        yield
    except ConfigError as error:
        _fail(str(error), WRONG_USE)
    except HearsayError as error:
        _fail(error.message, FAILED)
    except (StartError, CommandError) as error:
        _fail(str(error), FAILED)
    except StoppedError as error:
        _fail(str(error), INTERRUPTED)
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


@contextmanager
def stoppable(what: str) -> Iterator[None]:
    """Let Ctrl-C say what it has stopped: `hearsay: stopped while loading`."""
    try:
        yield
    except KeyboardInterrupt:
        raise StoppedError(f"stopped while {what}") from None


def _fail(message: str, code: int) -> NoReturn:
    print(f"hearsay: {message}", file=sys.stderr)  # noqa: T201
    raise typer.Exit(code)
