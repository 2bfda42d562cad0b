"""llama.cpp's source can be unpacked where a path may have 259 characters."""

from __future__ import annotations

import tarfile
import tempfile
from pathlib import Path

import pytest

from tools.setup import short
from tools.setup.failure import SetupFailed
from tools.setup.places import SOURCES
from tools.setup.short import MOST, short_temporary


@pytest.fixture
def drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A drive of a machine with the limit."""
    monkeypatch.setattr(short, "is_limited", lambda: True)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "C:\\Users\\mira\\AppData\\Local\\Temp")
    monkeypatch.setenv("SYSTEMDRIVE", str(tmp_path))
    return tmp_path


def test_where_no_limit_is_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    with short_temporary() as told:
        assert told == {}
    monkeypatch.setattr(short, "is_limited", lambda: True)
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "D:\\t")
    with short_temporary() as told:
        assert told == {}


def test_a_short_folder_is_there_for_the_time(drive: Path) -> None:
    with short_temporary() as told:
        assert told == dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(drive / "hs"))
        assert (drive / "hs").is_dir()
    assert not (drive / "hs").exists()
    assert len("C:\\hs") <= MOST


def test_what_is_in_the_folder_stays(drive: Path) -> None:
    (drive / "hs").mkdir()
    (drive / "hs" / "mine").touch()
    with short_temporary():
        pass
    assert (drive / "hs" / "mine").exists()


def test_a_drive_that_cannot_be_written_is_a_sentence(
    drive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEMDRIVE", str(drive / "not" / "there"))
    with pytest.raises(SetupFailed, match="LongPathsEnabled 1"), short_temporary():
        pass


def test_the_longest_path_of_the_source_has_room() -> None:
    archives = list(SOURCES.glob("llama_cpp_python-*.tar.gz"))
    if not archives:
        pytest.skip("llama.cpp came as a wheel")
    with tarfile.open(archives[-1]) as archive:
        longest = max(len(name.partition("/")[2]) for name in archive.getnames())
    pip = len("\\pip-download-12345678\\llama-cpp-python_\\") + 32
    assert MOST + pip + longest <= 259
