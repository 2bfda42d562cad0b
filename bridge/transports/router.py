"""A ZeroMQ ROUTER socket in a thread of its own: Windows' event loop cannot wait for one."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import queue
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import zmq

from bridge.protocol import MAX_FRAME_BYTES

BATCH = 32
BATCH_BYTES = 1 << 16
"""So much is read before the event loop has its turn with it."""

QUEUED = 128
"""So many frames may wait in the socket for one client, and from one."""

RETRY_MS = 5
"""How soon a client whose queue is full is tried again: ZeroMQ does not tell of room."""

HANDSHAKE_MS = 1000

Heard = Sequence[tuple[bytes, list[bytes]]]
"""Messages: whose, by routing id, and their parts."""


class Unsent(NamedTuple):
    """Frames on their way to a client, and whom to tell of it."""

    frames: deque[bytes]
    sent: Callable[[bool], None]


class Router:
    """
    Reads and writes for the event loop.

    `on_heard` gets messages, and no more of them until `go_on` is called. All calls, either way,
    are made in the event loop's thread. Raises zmq.ZMQError when an endpoint cannot be had.
    """

    def __init__(
        self,
        endpoints: Iterable[str],
        secret_key: bytes | None,
        on_heard: Callable[[Heard], None],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_heard = on_heard
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._bell, self._heard_bell = _bell(self._context)
        try:
            self._socket = _socket(self._context, secret_key)
            self.endpoints = [_bind(self._socket, endpoint) for endpoint in endpoints]
        except zmq.ZMQError:
            self._context.destroy(0)
            raise
        self._tasks: queue.SimpleQueue[Callable[[], object]] = queue.SimpleQueue()
        self._unsent: dict[bytes, Unsent] = {}  # The thread's own, as is what follows.
        self._reads = True
        self._runs = True
        self._thread = threading.Thread(target=self._run, name="hearsay-zeromq", daemon=True)
        self._thread.start()

    def send(self, who: bytes, frames: Iterable[bytes], sent: Callable[[bool], None]) -> None:
        """
        Send to a client, instead of what is unsent to it.

        `sent` is called when all is on its way, with False when nobody is there any more.
        """
        unsent = Unsent(deque(frames), sent)
        self._ask(lambda: self._unsent.update({who: unsent}))

    def drop(self, who: bytes) -> None:
        """Forget what is not sent yet to a client."""
        self._ask(lambda: self._unsent.pop(who, None))

    def go_on(self) -> None:
        """Ask for more messages."""
        self._ask(self._read_on)

    def close(self) -> None:
        """End the thread and close the socket; what is unsent is dropped."""
        self._ask(self._leave)
        self._thread.join()
        self._bell.close(0)
        self._context.term()

    def _ask(self, task: Callable[[], object]) -> None:
        self._tasks.put(task)
        with contextlib.suppress(zmq.Again):  # So many rings are unheard: one more is not needed.
            self._bell.send(b"", zmq.NOBLOCK)

    # From here on: the thread.

    def _run(self) -> None:
        poller = zmq.Poller()
        poller.register(self._heard_bell, zmq.POLLIN)
        while self._runs:
            poller.register(self._socket, zmq.POLLIN if self._reads else 0)
            ready = dict(poller.poll(RETRY_MS if self._unsent else None))
            if self._heard_bell in ready:
                self._heard_bell.recv()
                while not self._tasks.empty():
                    self._tasks.get()()
            for who in list(self._unsent):
                self._send_to(who)
            if self._reads and self._socket in ready:
                self._read()
        self._socket.close(0)
        self._heard_bell.close(0)

    def _read_on(self) -> None:
        self._reads = True

    def _leave(self) -> None:
        self._runs = False

    def _read(self) -> None:
        heard: list[tuple[bytes, list[bytes]]] = []
        size = 0
        with contextlib.suppress(zmq.Again):
            while len(heard) < BATCH and size < BATCH_BYTES:
                who, *parts = self._socket.recv_multipart(zmq.NOBLOCK)
                heard.append((who, parts))
                size += sum(map(len, parts))
        if heard:
            self._reads = False
            self._tell(self._on_heard, heard)

    def _send_to(self, who: bytes) -> None:
        frames, sent = self._unsent[who]
        try:
            while frames:
                self._socket.send_multipart([who, frames[0]], zmq.NOBLOCK)
                frames.popleft()
        except zmq.Again:
            return
        except zmq.ZMQError:  # EHOSTUNREACH: the client is gone.
            pass
        del self._unsent[who]
        self._tell(sent, not frames)

    def _tell(self, news: Callable[..., None], *arguments: object) -> None:
        with contextlib.suppress(RuntimeError):  # The loop may be closed by now.
            self._loop.call_soon_threadsafe(news, *arguments)


def _bell(context: zmq.Context[zmq.Socket[bytes]]) -> tuple[zmq.Socket[bytes], zmq.Socket[bytes]]:
    ends = context.socket(zmq.PAIR), context.socket(zmq.PAIR)
    ends[0].bind("inproc://bell")
    ends[1].connect("inproc://bell")
    return ends


def _socket(context: zmq.Context[zmq.Socket[bytes]], secret_key: bytes | None) -> zmq.Socket[bytes]:
    router: zmq.Socket[bytes] = context.socket(zmq.ROUTER)
    router.linger = 0
    router.router_mandatory = True  # A client that vanished is an error, not silence.
    router.maxmsgsize = MAX_FRAME_BYTES
    router.handshake_ivl = HANDSHAKE_MS
    router.sndhwm = router.rcvhwm = QUEUED
    router.ipv6 = True
    if hasattr(os, "getuid"):  # No other user, whatever the folder; not every system can tell.
        with contextlib.suppress(zmq.ZMQError):
            router.setsockopt(zmq.IPC_FILTER_UID, os.getuid())
    if secret_key is not None:
        router.curve_server = True
        router.curve_secretkey = secret_key
    return router


def _bind(router: zmq.Socket[bytes], endpoint: str) -> str:
    if endpoint.startswith("ipc://") and _answers(endpoint.removeprefix("ipc://")):
        raise zmq.ZMQError(errno.EADDRINUSE)  # ZeroMQ would take it from whoever has it.
    router.bind(endpoint)
    return router.getsockopt_string(zmq.LAST_ENDPOINT)


def _answers(path: str) -> bool:
    if not hasattr(socket, "AF_UNIX"):
        return False
    with socket.socket(socket.AF_UNIX) as caller:
        return caller.connect_ex(path) == 0
