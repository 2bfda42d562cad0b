"""A job tells in the log what its sidecar let pass."""

from __future__ import annotations

import pytest

from bridge.client.job import Job
from bridge.protocol import JobStarted

SLIP = "unknown field 'request.temperatur' (did you mean 'temperature'?)"


async def test_what_was_let_pass_in_a_request_is_in_the_log_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = Job("j", lambda _: None)
    job.receive(JobStarted(job="j", prompt_tokens=1, warnings=[SLIP]))
    assert caplog.messages == [f"job j was let pass with {SLIP}"]
