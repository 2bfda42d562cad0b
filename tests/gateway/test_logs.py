"""The log: bounded, private, and in a file when there is nobody to read it."""

from __future__ import annotations

import logging
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.config import Settings
from bridge.gateway import StartError
from bridge.gateway import logs as module
from bridge.gateway.logs import FILE_BYTES, KEPT_FILES, start_logging


@pytest.fixture(autouse=True)
def untouched(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give back the logging that pytest had."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    root.handlers.clear()  # Else they would be closed by the one who starts logging.
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_file_is_private_and_never_grows_beyond_its_bounds(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "hearsay.log"
    before = os.umask(0)
    try:
        assert start_logging(Settings(log_file=path)) == path
        for _ in range(500):
            logging.getLogger("test").info("x" * 10_000)
    finally:
        os.umask(before)
    files = list(path.parent.iterdir())
    assert sorted(file.name for file in files) == ["hearsay.log", "hearsay.log.1", "hearsay.log.2"]
    assert all(file.stat().st_size <= FILE_BYTES for file in files)
    if os.name == "posix":
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_sidecar_has_a_file_of_its_own_and_old_ones_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "user_log_folder", lambda: tmp_path)
    for number in range(KEPT_FILES + 5):
        old = tmp_path / f"sidecar-{number}.log"
        old.touch()
        os.utime(old, (number, number))
    path = start_logging(Settings(sidecar=True))
    assert path == tmp_path / f"sidecar-{os.getpid()}.log"
    assert not (tmp_path / "sidecar-4.log").exists()
    assert (tmp_path / "sidecar-5.log").exists()


def test_without_a_file_it_goes_to_the_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert start_logging(Settings(log_level="warning")) is None
    logging.getLogger("test").info("not this")
    logging.getLogger("test").warning("but this")
    assert capsys.readouterr().err.endswith("WARNING test: but this\n")


def test_an_error_of_our_own_is_in_the_log(tmp_path: Path) -> None:
    path = tmp_path / "hearsay.log"
    start_logging(Settings(log_file=path))
    sys.excepthook(ValueError, ValueError("unheard of"), None)
    assert "ValueError: unheard of" in path.read_text()


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="cannot be written"):
        start_logging(Settings(log_file=tmp_path / "file" / "x.log"))
