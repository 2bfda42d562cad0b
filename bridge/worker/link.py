"""
The two ZeroMQ sockets between the gateway and one worker.

Commands go down one, reports come up the other. On Unix they are files in a folder that only
this user may enter; elsewhere they are loopback ports that speak CURVE, and whoever was not told
the key on its standard input is not heard.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import zmq

IPC = zmq.has("ipc")


class GatewayLink:
    """The gateway's ends: bound before the worker is born, closed when it is gone."""

    def __init__(self) -> None:
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._folder = Path(tempfile.mkdtemp(prefix="hearsay-link-")) if IPC else None
        self.key: str | None = None
        secret: bytes | None = None
        if not IPC:
            public, secret = zmq.curve_keypair()
            self.key = public.decode()
        self.commands = self._bind(zmq.PUSH, "commands", secret)
        self.reports = self._bind(zmq.PULL, "reports", secret)

    @property
    def endpoints(self) -> tuple[str, str]:
        """Where the worker finds the commands and takes its reports."""
        return (
            self.commands.getsockopt_string(zmq.LAST_ENDPOINT),
            self.reports.getsockopt_string(zmq.LAST_ENDPOINT),
        )

    def close(self) -> None:
        """Close both sockets and remove their folder; unsent commands are dropped."""
        self.commands.close(0)
        self.reports.close(0)
        self._context.term()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _bind(self, kind: int, name: str, secret: bytes | None) -> zmq.Socket[bytes]:
        socket: zmq.Socket[bytes] = self._context.socket(kind)
        socket.linger = 0
        socket.sndhwm = 0  # Bounded by the service's queue limit; a send must never block it.
        if secret is not None:
            socket.curve_server = True
            socket.curve_secretkey = secret
        socket.bind(f"ipc://{self._folder / name}" if self._folder else "tcp://127.0.0.1:*")
        return socket


def remove_folder(endpoint: str) -> None:
    """Remove the folder of a link whose gateway is gone."""
    if endpoint.startswith("ipc://"):
        shutil.rmtree(Path(endpoint.removeprefix("ipc://")).parent, ignore_errors=True)


def connect(endpoint: str, kind: int, key: str | None) -> zmq.Socket[bytes]:
    """Return a worker's end of one socket; `key` is the gateway's CURVE key where it has one."""
    socket: zmq.Socket[bytes] = zmq.Context.instance().socket(kind)
    socket.linger = 1000  # The last words of a worker that leaves in order must arrive.
    if key is not None:
        socket.curve_serverkey = key.encode()
        socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
    socket.connect(endpoint)
    return socket
