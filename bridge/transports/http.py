"""HTTP: OpenAI's routes, health and metrics; each request is a peer with one job."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from importlib.resources import files

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from bridge import __version__
from bridge.errors import HearsayError
from bridge.jobs.service import Model, Service
from bridge.jobs.sessions import Sessions
from bridge.protocol import MODEL_PREFIX, ModelCard, ModelList
from bridge.transports.answers import json_response, on_error, on_http_exception, refusal
from bridge.transports.chat import PING_SECONDS, ChatCompletions
from bridge.transports.guard import Guard
from bridge.transports.metrics import metrics_page
from bridge.transports.websocket import BridgeRoute
from bridge.wire.exposition import CONTENT_TYPE


def create_app(
    service: Service,
    *,
    token: str | None,
    sessions: Sessions | None = None,
    on_activity: Callable[[], None] = lambda: None,
    allowed_hosts: Collection[str] = (),
    ping_seconds: float = PING_SECONDS,
) -> Starlette:
    """
    Return the application that a server such as uvicorn runs.

    `allowed_hosts` are names, without port, that callers may use beside the loopback ones.
    With `sessions`, our own protocol is spoken at `/v1/bridge`; the server must have the options
    of `websocket_server`. `on_activity` is called when a request is let in and when its answer
    is over.
    """
    pages = Pages(service)
    guard = Middleware(Guard, token=token, allowed_hosts=allowed_hosts, on_activity=on_activity)
    chat = ChatCompletions(service, ping_seconds)
    routes: list[BaseRoute] = [
        Route("/v1/chat/completions", chat, methods=["POST"]),
        Route("/v1/models", pages.models),
        Route("/v1/models/{name:path}", pages.model),
        Route("/health", pages.health),
        Route("/metrics", pages.metrics),
        Route("/openapi.json", pages.openapi),
        Route("/v1/bridge", bridge_page),
    ]
    if sessions is not None:
        routes.append(WebSocketRoute("/v1/bridge", BridgeRoute(sessions, token)))
    app = Starlette(
        routes=routes,
        middleware=[guard],
        exception_handlers={HTTPException: on_http_exception, Exception: on_error},
    )
    app.router.redirect_slashes = False
    return app


class Pages:
    """What can be looked up."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._created = int(time.time())
        self._openapi = files("bridge.wire").joinpath("data", "openapi.json").read_bytes()

    async def models(self, _request: Request) -> Response:
        """GET /v1/models."""
        return json_response(ModelList(data=[self._card(each) for each in self._service.models()]))

    async def model(self, request: Request) -> Response:
        """GET /v1/models/{name}: by id or alias, with or without prefix."""
        try:
            found, _ = self._service.resolve(request.path_params["name"])
        except HearsayError as error:
            return refusal(404, error.message)
        models = {each.id: each for each in self._service.models()}
        return json_response(self._card(models[found]))

    async def health(self, _request: Request) -> Response:
        """GET /health: 200 once every model can be asked, 503 before and after."""
        models = self._service.models()
        states = {str(each.host.state) for each in models}
        status = next((bad for bad in ("failed", "loading", "stopped") if bad in states), "ok")
        document = {
            "status": status,
            "version": __version__,
            "models": [
                {
                    "id": MODEL_PREFIX + each.id,
                    "status": each.host.state,
                    "progress": round(each.host.progress, 3),
                }
                for each in models
            ],
        }
        return json_response(document, 200 if status == "ok" else 503)

    async def metrics(self, _request: Request) -> Response:
        """GET /metrics."""
        return Response(metrics_page(self._service), media_type=CONTENT_TYPE)

    async def openapi(self, _request: Request) -> Response:
        """GET /openapi.json: the description that the protocol's generator writes."""
        return Response(self._openapi, media_type="application/json")

    def _card(self, model: Model) -> ModelCard:
        return ModelCard(
            id=MODEL_PREFIX + model.id,
            created=self._created,
            aliases=model.aliases,
            status=model.host.state,
        )


async def bridge_page(_request: Request) -> Response:
    """GET /v1/bridge without a handshake."""
    message = "This address speaks WebSocket; connect to it as ws://, as the Hearsay clients do"
    return refusal(426, message, {"upgrade": "websocket", "connection": "upgrade"})
