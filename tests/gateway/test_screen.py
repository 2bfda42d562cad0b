"""What a start says in the log: every change once."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from bridge.gateway.screen import LogLines, ModelState, Opened, ProgressLog

TAVERN = ModelState("hearsay/tavern", "loading", 0.0, None, "", 0)


def test_loading_is_told_in_quarters(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    progress = ProgressLog()
    for hundredth in range(101):
        progress.changed([replace(TAVERN, progress=hundredth / 100)])
    progress.changed([replace(TAVERN, state="ready", progress=1.0, description="llama 1B")])
    progress.changed([replace(TAVERN, state="ready", progress=1.0, description="llama 1B")])
    assert [record.message.partition(": ")[2] for record in caplog.records] == [
        "loading, 0 %",
        "loading, 25 %",
        "loading, 50 %",
        "loading, 75 %",
        "loading, 100 %",
        "ready llama 1B",
    ]


def test_a_failure_is_an_error_and_a_new_start_is_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    progress = ProgressLog()
    progress.changed([replace(TAVERN, restarts=1)])
    progress.changed([replace(TAVERN, state="failed", failure="the file is damaged")])
    assert "start 2" in caplog.records[0].message
    assert caplog.records[1].levelno == logging.ERROR
    assert "the file is damaged" in caplog.records[1].message


def test_a_token_is_never_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    LogLines().opened(Opened("http://127.0.0.1:1", 1, "secret-token", None, ["a"], None))
    assert "http://127.0.0.1:1" in caplog.text
    assert "secret-token" not in caplog.text


@pytest.mark.parametrize("key", [None, "public"])
def test_zeromq_is_in_the_log_with_its_public_key(
    caplog: pytest.LogCaptureFixture, key: str | None
) -> None:
    caplog.set_level(logging.INFO)
    endpoints = ["tcp://127.0.0.1:5555"]
    LogLines().opened(Opened("http://x", 1, None, None, ["a"], None, endpoints, key))
    assert "tcp://127.0.0.1:5555" in caplog.text
    assert ("public" in caplog.text) is (key is not None)
