"""
A ZeroMQ DEALER to a sidecar: one message part is one frame.

The socket lives in a thread of its own, since not every event loop can wait for one (Windows),
and is never used again once its connection is lost: every attempt has a new one.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading

import zmq
from zmq.utils.monitor import parse_monitor_message

from bridge.client.links import LinkError
from bridge.protocol import MAX_FRAME_BYTES

BELL = "inproc://bell"
"""Rings in the thread when the loop has something for it."""

LINGER_MS = 500
"""How long the last frames may take to go out."""

_REFUSED = (
    zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
)
_ENDED = zmq.EVENT_CLOSED | zmq.EVENT_CONNECT_RETRIED | zmq.EVENT_DISCONNECTED
_EVENTS = _REFUSED | _ENDED | zmq.EVENT_CONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED

_Socket = zmq.Socket[bytes]


class ZeroMqLink:
    """An open connection; the loop's side of its thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[LinkError | None] = self._loop.create_future()
        self._incoming: asyncio.Queue[bytes | LinkError] = asyncio.Queue()
        self._error: LinkError | None = None
        self.outgoing: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.linger = LINGER_MS
        # A context of our own: its end tells that the last frames have gone out.
        self.context: zmq.Context[_Socket] = zmq.Context()
        self._bell = self.context.socket(zmq.PAIR)
        self._bell.bind(BELL)
        self._thread: threading.Thread

    @classmethod
    async def open(cls, url: str, server_key: str | None) -> ZeroMqLink:
        """Open one; raises LinkError."""
        link = cls()
        link._thread = threading.Thread(target=_Pump(link, url, server_key).run, daemon=True)
        link._thread.start()
        try:
            error = await link._opened
        except asyncio.CancelledError:
            link.cut()
            raise
        if error:
            link.cut()
            raise error
        return link

    async def send(self, frame: bytes) -> None:
        """Send a frame; raises LinkError."""
        if self._error:
            raise self._error
        self.outgoing.put(frame)
        self._ring()

    async def receive(self) -> bytes:
        """Return the next frame; raises LinkError when there is none any more."""
        frame = await self._incoming.get()
        if isinstance(frame, LinkError):
            self._incoming.put_nowait(frame)
            raise frame
        return frame

    async def close(self) -> None:
        """Close; what was sent before still goes out."""
        self._end()
        await asyncio.to_thread(self._thread.join)

    def cut(self) -> None:
        """Let go of the connection; what was not sent yet is lost."""
        self.linger = 0
        self._end()

    def post(self, what: bytes | LinkError | None) -> None:
        """Tell the loop from the thread: a frame, that it is open (None), or that it is closed."""
        with contextlib.suppress(RuntimeError):  # The loop may be closed by now.
            self._loop.call_soon_threadsafe(self._take, what)

    def _take(self, what: bytes | LinkError | None) -> None:
        if not isinstance(what, bytes):
            self._error = what
            if not self._opened.done():
                self._opened.set_result(what)
        if what is not None:
            self._incoming.put_nowait(what)

    def _ring(self) -> None:
        with contextlib.suppress(zmq.ZMQError):  # It rings already, or the thread has ended.
            self._bell.send(b"", zmq.NOBLOCK)

    def _end(self) -> None:
        if not self._bell.closed:
            self.outgoing.put(None)
            self._ring()
            self._bell.close(LINGER_MS)  # The ring itself must arrive.
            self.post(LinkError("the connection was closed here"))


class _Pump:
    """The thread's side: the socket, what its monitor tells, and the bell."""

    def __init__(self, link: ZeroMqLink, url: str, server_key: str | None) -> None:
        self._link = link
        self._url = url
        self._server_key = server_key
        self._connected = False
        self._ended: LinkError | None = None

    def run(self) -> None:
        """Carry frames both ways until either side ends it."""
        context = self._link.context
        bell = context.socket(zmq.PAIR)
        bell.connect(BELL)
        socket = context.socket(zmq.DEALER)
        monitor: _Socket = socket.get_monitor_socket(_EVENTS)
        try:
            self._open(socket)
            self._carry(socket, monitor, bell)
        except zmq.ZMQError as error:
            self._ended = LinkError(f"ZeroMQ cannot use {self._url}: {error}", refused=True)
        finally:
            socket.disable_monitor()
            monitor.close(0)
            socket.close(self._link.linger)
            bell.close(0)
            self._link.post(self._ended or LinkError("the connection was closed here"))
            context.term()  # Waits for the last frames, and for the bell at the loop's side.

    def _open(self, socket: _Socket) -> None:
        socket.ipv6 = True
        socket.reconnect_ivl = -1  # A new connection is a new hello, so it needs a new socket.
        socket.maxmsgsize = MAX_FRAME_BYTES
        socket.sndhwm = socket.rcvhwm = 0  # Both are bounded by what is asked for.
        if self._server_key is not None:
            socket.curve_serverkey = self._server_key.encode()
            socket.curve_publickey, socket.curve_secretkey = zmq.curve_keypair()
        socket.connect(self._url)

    def _carry(self, socket: _Socket, monitor: _Socket, bell: _Socket) -> None:
        poller = zmq.Poller()
        for each in (socket, monitor, bell):
            poller.register(each, zmq.POLLIN)
        while self._ended is None:
            ready = dict(poller.poll())
            if bell in ready:
                bell.recv()
                if not self._send(socket):
                    return
            if monitor in ready:
                self._watch(monitor)
            self._receive(socket)

    def _send(self, socket: _Socket) -> bool:
        while not self._link.outgoing.empty():
            frame = self._link.outgoing.get()
            if frame is None:
                return False
            socket.send(frame)
        return True

    def _receive(self, socket: _Socket) -> None:
        with contextlib.suppress(zmq.Again):
            while True:
                for frame in socket.recv_multipart(zmq.NOBLOCK):
                    self._link.post(frame)

    def _watch(self, monitor: _Socket) -> None:
        event = parse_monitor_message(monitor.recv_multipart())["event"]
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._link.post(None)
        elif event == zmq.EVENT_CONNECTED:
            self._connected = True
        elif event & _REFUSED:
            self._ended = LinkError("who listens there is no sidecar", refused=True)
        elif event & _ENDED:
            reason = "the connection broke" if self._connected else "nobody listens there"
            self._ended = LinkError(reason, refused=not self._connected)
