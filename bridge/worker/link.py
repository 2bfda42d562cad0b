"""
The two pipes between the gateway and one worker: its standard input and its standard output.

Nobody else can reach them, they end with the process at either end, and what was written before
an end still arrives.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import IO, Any, Generic, TypeVar

import msgpack
import msgspec

from bridge.worker.messages import Command, Report, pack

_PIECE = 1 << 16
_LARGEST = 1 << 31
"""Bytes of one frame; what a client may send is far smaller."""

_Message = TypeVar("_Message")


class Frames(Generic[_Message]):
    """Messages out of the pieces in which a pipe brings them."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._unpacker = msgpack.Unpacker(strict_map_key=False, max_buffer_size=_LARGEST)

    def feed(self, piece: bytes) -> Iterator[_Message]:
        """Yield the messages that are complete now; raises ValueError on what is none."""
        self._unpacker.feed(piece)
        try:
            for body in self._unpacker:
                message: _Message = msgspec.convert(body, self._kind)
                yield message
        except (ValueError, msgspec.ValidationError) as error:
            raise ValueError(f"not a message of this link: {error!r}") from error


class Inbox:
    """The commands that a worker has not taken yet."""

    def __init__(self) -> None:
        self._commands: SimpleQueue[Command | None] = SimpleQueue()
        self.closed = False

    def put(self, command: Command) -> None:
        """Add a command; from any thread."""
        self._commands.put(command)

    def close(self) -> None:
        """Let the worker leave once it has taken what is there; from any thread."""
        self._commands.put(None)

    def take(self, seconds: float) -> Command | None:
        """Return the next command, after so many seconds at most; None if there is none."""
        if seconds <= 0 and self._commands.empty():
            return None
        with suppress(Empty):
            command = self._commands.get(timeout=max(seconds, 0))
            self.closed = command is None
            return command
        return None

    def listen(self, pipe: int) -> None:
        """Take in what a pipe brings until it ends. Blocks: a thread's whole work."""
        frames: Frames[Command] = Frames(Command)
        while piece := os.read(pipe, _PIECE):
            for command in frames.feed(piece):
                self.put(command)


class Outbox:
    """
    Commands on their way to a worker: a send never blocks, however long nobody reads.

    A thread writes them, and closes the pipe in the end.
    """

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()
        self.broken = False
        """Whether nobody reads any more."""
        self._thread = threading.Thread(target=self._write, name="hearsay-commands", daemon=True)
        self._thread.start()

    def send(self, piece: bytes) -> None:
        """Queue some bytes."""
        self._pieces.put(piece)

    def close(self) -> None:
        """Close the pipe once all is written; what nobody takes is dropped with its reader."""
        self._pieces.put(None)

    def join(self, seconds: float) -> None:
        """Wait until the pipe is closed, so long at most."""
        self._thread.join(seconds)

    def _write(self) -> None:
        while piece := self._pieces.get():
            try:
                write(self._pipe.fileno(), piece)
            except OSError:
                self.broken = True
        with suppress(OSError):  # Nobody reads, and the pipe knows it.
            self._pipe.close()


class Ear:
    """
    Hears a pipe on the running event loop, and closes it when it ends.

    `hear` is called on the loop with what came, with nothing at the end. Windows' event loop
    cannot wait for such a pipe: there a thread does, `beside` the loop.
    """

    def __init__(
        self, pipe: IO[bytes], hear: Callable[[bytes], None], *, beside: bool = os.name == "nt"
    ) -> None:
        self._pipe = pipe
        self._hear = hear
        self._beside = beside
        self._loop = asyncio.get_running_loop()
        if beside:
            threading.Thread(target=self._read, name="hearsay-ear", daemon=True).start()
        else:
            self._loop.add_reader(pipe.fileno(), self._take)

    def close(self) -> None:
        """Hear no more, on the loop, once the writer has gone; may be called again."""
        if not self._beside and not self._pipe.closed:
            self._loop.remove_reader(self._pipe.fileno())
            self._pipe.close()

    def _take(self) -> None:
        piece = os.read(self._pipe.fileno(), _PIECE)
        if not piece:
            self.close()
        self._hear(piece)

    def _read(self) -> None:
        with self._pipe, suppress(RuntimeError):  # The loop may be closed before the pipe.
            piece = b" "
            while piece:
                piece = os.read(self._pipe.fileno(), _PIECE)
                self._loop.call_soon_threadsafe(self._hear, piece)


def write(pipe: int, piece: bytes) -> None:
    """Write all of some bytes to a pipe, however long that takes; raises OSError."""
    left = memoryview(piece)
    while left:
        left = left[os.write(pipe, left) :]


def take_output() -> Callable[[Report], None]:
    """
    Return what sends reports over the standard output, which nothing else can reach from now on.

    What a library prints goes to the standard error: it would be taken for a report. A report
    that nobody can hear ends the process.
    """
    pipe = os.dup(1)
    os.dup2(2, 1)

    def send(report: Report) -> None:
        try:
            write(pipe, pack(report))
        except OSError:
            os._exit(0)  # The gateway is gone.

    return send
