"""HTTP beside the chat: models, health, metrics, and errors in OpenAI's form."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.requests import Request

from bridge import __version__
from bridge.jobs.service import Service
from bridge.transports.http import Pages
from bridge.worker.messages import Load
from tests.jobs.scripted_host import ScriptedHost
from tests.transports.serving import MODEL, Serve

ERROR_KEYS = {"message", "type", "param", "code"}


async def test_models_are_listed_with_their_prefix(client: httpx.AsyncClient) -> None:
    listed = (await client.get("/v1/models")).json()
    [card] = listed["data"]
    created = card.pop("created")
    assert listed["object"] == "list"
    assert card == {
        "id": f"in-memory::{MODEL}",
        "object": "model",
        "owned_by": "hearsay",
        "aliases": ["gpt"],
        "status": "ready",
    }
    assert isinstance(created, int)


@pytest.mark.parametrize("name", [MODEL, f"in-memory::{MODEL}", "gpt", "hearsay%2Ftavern"])
async def test_a_model_is_looked_up_by_any_of_its_names(
    client: httpx.AsyncClient, name: str
) -> None:
    answer = await client.get(f"/v1/models/{name}")
    assert answer.json()["id"] == f"in-memory::{MODEL}"


async def test_a_model_that_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    answer = await client.get("/v1/models/nope")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Model 'nope' not found"


@pytest.mark.parametrize(
    ("state", "status", "code"),
    [("ready", "ok", 200), ("loading", "loading", 503), ("failed", "failed", 503)],
)
async def test_health_tells_the_state_of_every_model(
    client: httpx.AsyncClient, host: ScriptedHost, state: str, status: str, code: int
) -> None:
    host.state, host.progress = state, 0.5
    answer = await client.get("/health")
    assert answer.status_code == code
    assert answer.json() == {
        "status": status,
        "version": __version__,
        "models": [{"id": f"in-memory::{MODEL}", "status": state, "progress": 0.5}],
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/v1/chat", 404),
        ("GET", "/v1/models/", 404),
        ("POST", "/v1/completions", 404),
        ("GET", "/v1/chat/completions", 405),
        ("DELETE", "/v1/models", 405),
        ("OPTIONS", "/v1/chat/completions", 405),
    ],
)
async def test_a_wrong_route_or_method_is_an_error_in_openais_form(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    headers = {"content-type": "application/json"}
    answer = await client.request(method, path, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"].keys() == ERROR_KEYS
    assert ("allow" in answer.headers) == (status == 405)


async def test_a_bug_of_ours_is_an_error_in_openais_form(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(service: Service) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("bridge.transports.http.metrics_page", broken)
    answer = await client.get("/metrics")
    assert answer.status_code == 500
    assert answer.headers["x-should-retry"] == "false"
    assert answer.json()["error"].keys() == ERROR_KEYS


async def test_metrics_count_jobs_and_engines(serve: Serve) -> None:
    host = ScriptedHost(words=["a", "b"])
    host.load = Load(running=1, slots=8, decode_seconds=0.25, guessed_tokens=3)
    host.restarts = 2
    client = await serve(host)
    message = {"role": "user", "content": "Hello"}
    await client.post("/v1/chat/completions", json={"model": "gpt", "messages": [message]})
    answer = await client.get("/metrics")
    label = f'model="{MODEL}"'
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    for line in (
        "hearsay_jobs_open 0",
        f'hearsay_jobs_total{{{label},outcome="stop"}} 1',
        f"hearsay_prompt_tokens_total{{{label}}} 12",
        f"hearsay_completion_tokens_total{{{label}}} 2",
        f"hearsay_first_text_seconds_count{{{label}}} 1",
        f'hearsay_queued_seconds_bucket{{{label},le="0.05"}} 1',
        f"hearsay_model_ready{{{label}}} 1",
        f"hearsay_worker_restarts_total{{{label}}} 2",
        f"hearsay_engine_slots{{{label}}} 8",
        f"hearsay_engine_decode_seconds_total{{{label}}} 0.25",
        f"hearsay_engine_guessed_tokens_total{{{label}}} 3",
    ):
        assert line in answer.text.splitlines()


async def test_a_request_is_activity_at_its_start_and_at_its_end(
    serve: Serve, host: ScriptedHost
) -> None:
    calls: list[int] = []
    client = await serve(host, on_activity=lambda: calls.append(len(host.submits)))
    message = {"role": "user", "content": "Hello"}
    body = {"model": "gpt", "messages": [message]}
    asked = asyncio.create_task(client.post("/v1/chat/completions", json=body))
    await host.until(lambda: host.submits)
    assert calls == [0]
    host.finish()
    await asked
    await client.get("/health")
    assert calls[:2] == [0, 1]


async def test_pages_need_no_more_than_a_service() -> None:
    pages = Pages(Service({}))
    answer = await pages.health(Request({"type": "http"}))
    assert answer.status_code == 200


async def test_the_description_of_the_http_side_is_served(client: httpx.AsyncClient) -> None:
    described = (await client.get("/openapi.json")).json()
    assert described["openapi"].startswith("3.1")
    routes = {"/v1/chat/completions", "/v1/models", "/health", "/metrics"}
    assert routes <= described["paths"].keys()
