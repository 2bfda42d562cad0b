"""Who has a port: asked of the operating system and of the program that answers there."""

from __future__ import annotations

import http.client
import json
import socket
from contextlib import suppress

import psutil

from bridge.protocol import MODEL_PREFIX

PATIENCE_SECONDS = 0.5
MAX_ANSWER_BYTES = 1 << 16
LOOPBACK = ("127.0.0.1", "::1")


def describe_owner(port: int) -> str | None:
    """Return who listens on a port of this machine, as far as it can be known; None if nobody."""
    process = _process(port)
    program = _program(port)
    if program and process:
        return f"{program} ({process})"
    return program or process or ("another program" if _is_taken(port) else None)


def is_hearsay(port: int) -> bool:
    """Return whether a Hearsay answers at a port of this machine."""
    for address in LOOPBACK:
        with suppress(OSError, ValueError, http.client.HTTPException):
            if _is_hearsay(_ask(address, port, "/health")):
                return True
    return False


def _process(port: int) -> str | None:
    """Return the name and id of the process; other users' are hidden on most systems."""
    with suppress(psutil.Error, OSError, RuntimeError):
        for connection in psutil.net_connections(kind="tcp"):
            here = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if here and connection.pid:
                return f"{psutil.Process(connection.pid).name()}, process {connection.pid}"
    return None


def _is_taken(port: int) -> bool:
    for address in LOOPBACK:
        with suppress(OSError), socket.create_connection((address, port), PATIENCE_SECONDS):
            return True
    return False


def _program(port: int) -> str | None:
    """Return what the program calls itself; no token is ever sent to a stranger."""
    for address in LOOPBACK:
        with suppress(OSError, ValueError, http.client.HTTPException):
            if _is_hearsay(_ask(address, port, "/health")):
                return "another Hearsay"
            if isinstance(_ask(address, port, "/api/version").get("version"), str):
                return "Ollama"
    return None


def _is_hearsay(health: dict[str, object]) -> bool:
    models = health.get("models")
    return isinstance(models, list) and "status" in health and MODEL_PREFIX in str(models)


def _ask(address: str, port: int, path: str) -> dict[str, object]:
    connection = http.client.HTTPConnection(address, port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        answer = json.loads(connection.getresponse().read(MAX_ANSWER_BYTES))
        return answer if isinstance(answer, dict) else {}
    except ValueError:
        return {}
    finally:
        connection.close()
