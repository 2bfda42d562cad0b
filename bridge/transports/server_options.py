"""What uvicorn is told wherever it serves Hearsay."""

from __future__ import annotations

from typing import TypedDict

from bridge.protocol import IDLE_SECONDS, MAX_FRAME_BYTES
from bridge.transports.http_server import Http
from bridge.transports.websocket_server import WebSocket

PING_SECONDS = 20.0


class Options(TypedDict):
    """What a `uvicorn.Config` is to be told."""

    http: type[Http]
    ws: type[WebSocket]
    ws_max_size: int
    ws_per_message_deflate: bool
    ws_ping_interval: float
    ws_ping_timeout: float


SERVER_OPTIONS = Options(
    http=Http,
    ws=WebSocket,
    ws_max_size=MAX_FRAME_BYTES,
    ws_per_message_deflate=False,  # On one machine it costs time, and a bomb is a small frame.
    ws_ping_interval=PING_SECONDS,
    ws_ping_timeout=IDLE_SECONDS - PING_SECONDS,
)
