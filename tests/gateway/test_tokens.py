"""Token files: made for their owner alone, and refused when others can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
import zmq

from bridge.gateway import StartError
from bridge.gateway.tokens import curve_keys, new_token, token_from

posix = pytest.mark.skipif(os.name != "posix", reason="Windows keeps others out in another way")


def test_tokens_differ_and_hold_enough() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) >= 43 for token in tokens)


def test_a_missing_file_is_made_and_read_again(tmp_path: Path) -> None:
    path = tmp_path / "token"
    assert token_from(path) == token_from(path)


@posix
def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        token_from(tmp_path / "token")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused_with_the_cure(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "token"
    token_from(path)
    path.chmod(mode)
    with pytest.raises(StartError, match=f"chmod 600 {path}"):
        token_from(path)


@pytest.mark.parametrize("text", ["", "short", "x" * 600, "two words of some length", "ümläut" * 5])
def test_a_file_without_a_token_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "token"
    path.touch(mode=0o600)
    path.write_text(text, "utf-8")
    with pytest.raises(StartError, match="holds no token"):
        token_from(path)


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be made"):
        token_from(tmp_path / "nowhere" / "token")


@posix
def test_what_is_wrong_with_a_key_file_is_not_said_of_a_token(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=r"The key file .* cannot be made"):
        curve_keys(tmp_path / "nowhere" / "key")


@posix
def test_a_folder_is_no_token_file(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be"):
        token_from(tmp_path)


def test_a_curve_key_is_made_once(tmp_path: Path) -> None:
    public, secret = curve_keys(tmp_path / "key")
    assert (public, secret) == curve_keys(tmp_path / "key")
    assert zmq.curve_public(secret) == public


def test_a_file_with_another_secret_is_no_curve_key(tmp_path: Path) -> None:
    token_from(tmp_path / "key")
    with pytest.raises(StartError, match="no CURVE key"):
        curve_keys(tmp_path / "key")
