"""States in a folder: whatever is wrong with a file, it is as if it were not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.worker.states import StateFolder, fingerprint

TOKENS = [1, 2, 300_000]
ROOM = 1 << 20


def folder(path: Path, identity: bytes = b"model", limit: int = ROOM) -> StateFolder:
    return StateFolder(path / "states", identity, limit)


def only(path: Path) -> Path:
    [file] = (path / "states").iterdir()
    return file


def test_a_state_is_found_by_its_tokens_also_by_the_next_process(tmp_path: Path) -> None:
    folder(tmp_path).put(TOKENS, b"state")
    again = folder(tmp_path)
    assert list(again.held()) == [TOKENS]
    assert again.get(TOKENS) == b"state"
    assert again.get([1, 2]) is None


def test_another_models_states_are_not_seen(tmp_path: Path) -> None:
    folder(tmp_path).put(TOKENS, b"state")
    other = folder(tmp_path, b"other")
    assert list(other.held()) == []
    assert other.get(TOKENS) is None


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert list(folder(tmp_path).held()) == []


@pytest.mark.parametrize("cut", [0, 10, 24, 30, 35])
def test_a_file_that_was_cut_off_is_not_there(tmp_path: Path, cut: int) -> None:
    states = folder(tmp_path)
    states.put(TOKENS, b"state")
    file = only(tmp_path)
    file.write_bytes(file.read_bytes()[:cut])
    assert states.get(TOKENS) is None
    assert list(folder(tmp_path).held()) == []


@pytest.mark.parametrize("at", range(len(b"HEARSAY-STATE-1\nmodel") + 8 + 12 + 5))
def test_one_wrong_bit_anywhere_makes_a_state_unknown(tmp_path: Path, at: int) -> None:
    states = folder(tmp_path)
    states.put(TOKENS, b"state")
    file = only(tmp_path)
    content = bytearray(file.read_bytes())
    content[at] ^= 1
    file.write_bytes(content)
    assert states.get(TOKENS) is None


def test_the_oldest_go_when_the_folder_is_full(tmp_path: Path) -> None:
    states = folder(tmp_path, limit=200)
    for index in range(4):
        states.put([index], b"x" * 50)
        for age, file in enumerate(sorted((tmp_path / "states").iterdir(), key=os.path.getmtime)):
            os.utime(file, (1000 + age, 1000 + age))
    assert [states.get([index]) is not None for index in range(4)] == [False, False, True, True]


def test_a_state_that_is_larger_than_the_folder_may_be_is_not_kept(tmp_path: Path) -> None:
    states = folder(tmp_path, limit=40)
    states.put(TOKENS, b"x" * 50)
    assert list(states.held()) == []


def test_a_folder_that_cannot_be_written_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "states").write_text("a file is in the way")
    states = folder(tmp_path)
    states.put(TOKENS, b"state")
    assert "could not be kept" in caplog.text
    assert states.get(TOKENS) is None


def test_nothing_is_left_of_a_write_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Path, target: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    folder(tmp_path).put(TOKENS, b"state")
    assert list((tmp_path / "states").iterdir()) == []


def test_a_fingerprint_tells_files_and_builds_apart(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(bytes(5_000_000))
    other.write_bytes(bytes(5_000_000))
    assert fingerprint(one, "build 1") == fingerprint(other, "build 1")
    assert fingerprint(one, "build 1") != fingerprint(one, "build 2")
    with other.open("r+b") as file:
        file.seek(4_999_999)
        file.write(b"x")
    assert fingerprint(one, "build 1") != fingerprint(other, "build 1")
    other.write_bytes(bytes(5_000_001))
    assert fingerprint(one, "build 1") != fingerprint(other, "build 1")
