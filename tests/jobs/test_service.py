"""The service: models by their names, jobs to their hosts, and each job's end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs.job import Job
from bridge.jobs.service import MAX_WAITING, Service
from bridge.jobs.serving import Serving
from bridge.protocol import (
    ChatMessage,
    ChatRequest,
    FinishReason,
    HttpChatRequest,
    Priority,
    Role,
    Sampling,
)
from bridge.worker.messages import Output, Submit
from tests.jobs.scripted_host import ScriptedHost


def request(model: str = "org/a", **fields: object) -> ChatRequest:
    messages = [ChatMessage(Role.USER, "A secret of the player's")]
    return ChatRequest(model=model, messages=messages, **fields)  # type: ignore[arg-type]


def nothing() -> None:
    pass


@pytest.fixture
def host() -> ScriptedHost:
    return ScriptedHost()


@pytest.fixture
def service(host: ScriptedHost) -> Service:
    return Service({"org/a": host, "org/b": ScriptedHost()}, {"gpt": "org/a", "ai": "org/a"})


def failure(job: Job) -> ErrorCode | None:
    return job.error.code if job.error else None


def test_a_job_that_is_over_holds_its_request_no_longer(
    service: Service, host: ScriptedHost
) -> None:
    job = service.submit(request(), nothing)
    assert job.submit
    host.begin()
    host.finish()
    assert job.done
    assert job.submit is None


@pytest.mark.parametrize("name", ["org/a", "in-memory::org/a", "gpt", "in-memory::gpt"])
def test_a_model_is_found_by_id_and_alias_with_and_without_prefix(
    service: Service, host: ScriptedHost, name: str
) -> None:
    assert service.resolve(name) == ("org/a", host)


@pytest.mark.parametrize("name", ["nope", "in-memory::nope", "", "org/a/", "../org/a"])
def test_an_unknown_model_is_an_error_with_its_name(service: Service, name: str) -> None:
    with pytest.raises(HearsayError) as caught:
        service.resolve(name)
    assert caught.value.code is ErrorCode.MODEL_NOT_FOUND
    assert caught.value.param == "model"
    assert caught.value.message == f"Model '{name.removeprefix('in-memory::')}' not found"


def test_models_are_listed_with_their_aliases(service: Service) -> None:
    assert [(each.id, each.aliases) for each in service.models()] == [
        ("org/a", ["ai", "gpt"]),
        ("org/b", []),
    ]


def test_a_worker_is_told_all_of_a_request(service: Service, host: ScriptedHost) -> None:
    asked = request(
        temperature=0.5,
        seed=-1,
        n=2,
        stop="x",
        max_tokens=9,
        ignore_eos=True,
        enable_thinking=True,
    )
    job = service.submit(asked, nothing)
    assert host.submits == [
        Submit(
            job=job.id,
            messages=asked.messages,
            sampling=Sampling(temperature=0.5, seed=-1),
            max_tokens=9,
            stop=["x"],
            choices=2,
            ignore_eos=True,
            template_kwargs={"enable_thinking": True, "thinking": True},
        )
    ]
    # A subclass would carry the whole request over the link, in each of its fields.
    assert type(host.submits[0].sampling) is Sampling


def test_a_job_is_open_until_its_last_message(service: Service, host: ScriptedHost) -> None:
    service.submit(request(), nothing)
    host.begin()
    assert service.jobs_open == 1
    host.finish()
    assert service.jobs_open == 0
    host.finish()
    assert service.metrics["org/a"].jobs == {"stop": 1}


def test_an_unknown_model_fails_the_job_and_does_not_raise(service: Service) -> None:
    job = service.submit(request("nope"), nothing)
    assert failure(job) is ErrorCode.MODEL_NOT_FOUND
    assert service.jobs_open == 0


def test_a_host_that_raises_fails_this_job_alone(
    service: Service, host: ScriptedHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(submit: Submit, sink: Callable[[Output], None]) -> None:
        raise ZeroDivisionError

    other = service.submit(request(), nothing)
    monkeypatch.setattr(host, "submit", broken)
    assert failure(service.submit(request(), nothing)) is ErrorCode.INTERNAL
    assert service.jobs_open == 1
    assert not other.done


def test_a_cancelled_job_stays_open_until_its_host_says_so(
    service: Service, host: ScriptedHost
) -> None:
    job = service.submit(request(), nothing)
    service.cancel(job)
    assert host.cancelled == [job.id]
    assert job.outcome == FinishReason.CANCELLED
    assert service.jobs_open == 0
    service.cancel(job)
    assert host.cancelled == [job.id]


def test_a_crowd_that_waits_finds_the_model_busy(service: Service, host: ScriptedHost) -> None:
    for _ in range(MAX_WAITING):
        assert not service.submit(request(), nothing).done
    assert failure(service.submit(request(), nothing)) is ErrorCode.BUSY
    assert failure(service.submit(request("org/b"), nothing)) is None
    host.write("Once", job=host.submits[0].job)
    assert failure(service.submit(request(), nothing)) is None


def test_a_closed_service_takes_no_jobs(service: Service) -> None:
    service.close()
    assert failure(service.submit(request(), nothing)) is ErrorCode.SHUTTING_DOWN


def test_the_way_of_a_job_is_counted(host: ScriptedHost) -> None:
    now = [100.0]
    service = Service({"org/a": host}, clock=lambda: now[0])
    service.submit(request(), nothing)
    host.begin()
    host.write("")
    now[0] = 100.5
    host.write("Once")
    now[0] = 109.0
    host.write(" upon")
    host.finish()
    metrics = service.metrics["org/a"]
    assert (metrics.first_text.count, metrics.first_text.seconds) == (1, 0.5)
    assert (metrics.queued.count, metrics.queued.seconds) == (1, 0.02)
    assert (metrics.prompt_tokens, metrics.cached_tokens, metrics.completion_tokens) == (12, 5, 8)


def test_a_failed_job_is_counted_by_its_code(service: Service, host: ScriptedHost) -> None:
    service.submit(request(), nothing)
    host.fail(ErrorCode.CONTEXT_EXCEEDED)
    assert service.metrics["org/a"].jobs == {"context_exceeded": 1}
    assert service.metrics["org/a"].queued.count == 0


def test_what_is_said_stays_out_of_the_log(
    service: Service, host: ScriptedHost, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        service.submit(request(), nothing)
        host.begin()
        host.write("A secret of the model's")
        host.finish()
    assert "stop, 12 + 8 tokens" in caplog.text
    assert "secret" not in caplog.text


async def test_a_model_that_cannot_be_loaded_is_a_line_in_the_log(
    service: Service, host: ScriptedHost, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken() -> None:
        host.changed.set()
        raise OSError("no file")

    host.start = broken  # type: ignore[method-assign]
    service.load("gpt")
    await host.until(host.changed.is_set)
    await asyncio.sleep(0)
    assert "no file" in caplog.text


async def test_nothing_is_loaded_or_unloaded_at_the_end(
    service: Service, host: ScriptedHost
) -> None:
    service.close()
    service.load("org/a")
    service.unload("org/a")
    await asyncio.sleep(0)
    assert host.state == "ready"


def test_a_request_over_http_says_how_it_is_to_be_served(host: ScriptedHost) -> None:
    service = Service({"org/a": host}, clock=lambda: 100.0)
    asked = HttpChatRequest(
        model="org/a",
        messages=[ChatMessage(Role.USER, "Hello")],
        priority=Priority.BACKGROUND,
        deadline_ms=2000,
        first_token_by_ms=500,
    )
    service.submit(asked, nothing)
    submit = host.submits[0]
    assert submit.priority is Priority.BACKGROUND
    assert (submit.deadline, submit.first_token_by) == (102.0, 100.5)


def test_a_wish_goes_before_what_the_request_says(host: ScriptedHost, service: Service) -> None:
    service.submit(request(), nothing, Serving(Priority.INTERACTIVE, character="x/boris"))
    assert host.submits[0].priority is Priority.INTERACTIVE
    assert host.submits[0].deadline is None
    assert host.submits[0].character == "x/boris"
