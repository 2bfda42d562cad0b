"""Where the log goes: a terminal, plain lines, or a file that never grows beyond bounds."""

from __future__ import annotations

import logging
import os
import sys
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from bridge.config import Settings, user_log_folder
from bridge.gateway import StartError

FILE_BYTES = 1 << 20
OLD_FILES = 2
KEPT_FILES = 30
log = logging.getLogger(__name__)

FORM = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class PrivateFile(RotatingFileHandler):
    """A rotating file that only its user can read."""

    def _open(self) -> TextIOWrapper:
        Path(self.baseFilename).touch(mode=0o600)
        return super()._open()


def start_logging(settings: Settings) -> Path | None:
    """
    Send the log where the settings say and return its file, if it is one.

    Raises StartError when the file cannot be written.
    """
    path = settings.log_file or (_sidecar_file() if settings.sidecar else None)
    handler = _file(path) if path else _stream()
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    for chatty in ("uvicorn", "httpx", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # A crash is told where somebody can find it later.
    sys.excepthook = lambda kind, error, trace: log.critical(
        "Hearsay ends by an error of its own", exc_info=(kind, error, trace)
    )
    return path


def _file(path: Path) -> logging.Handler:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handler = PrivateFile(path, maxBytes=FILE_BYTES, backupCount=OLD_FILES)
    except OSError as error:
        raise StartError(f"The log file {path} cannot be written: {error.strerror}.") from error
    handler.setFormatter(logging.Formatter(FORM))
    return handler


def _stream() -> logging.Handler:
    if sys.stderr is not None and sys.stderr.isatty():
        from rich import get_console
        from rich.logging import RichHandler

        # The console that the panel of `hearsay serve` is on, so that lines go above it.
        shown = RichHandler(console=get_console(), show_path=False, log_time_format="[%X]")
        shown.setFormatter(logging.Formatter("%(message)s"))
        return shown
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter(FORM))
    return handler


def _sidecar_file() -> Path:
    """One file for each sidecar, because two cannot rotate one; the oldest are removed."""
    folder = user_log_folder()
    old = sorted(folder.glob("sidecar-*.log*"), key=_written, reverse=True)
    for path in old[KEPT_FILES:]:
        path.unlink(missing_ok=True)
    return folder / f"sidecar-{os.getpid()}.log"


def _written(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # Another sidecar removed it.
        return 0.0
