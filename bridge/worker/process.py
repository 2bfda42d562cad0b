"""The worker process: its birth, its one loaded model, and its end with the gateway."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import BinaryIO

import zmq

from bridge.errors import HearsayError
from bridge.processes import share_the_lock
from bridge.worker.link import connect, remove_folder
from bridge.worker.loading import load
from bridge.worker.messages import LoadFailed, Loading, Report, pack
from bridge.worker.options import Birth
from bridge.worker.politeness import follow
from bridge.worker.waiting import prepare_waiting
from bridge.worker.worker import Worker


def main() -> int:
    """Run a worker; its instructions come as one line of JSON on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the gateway, which tells us.
    os.environ["GGML_NO_BACKTRACE"] = "1"  # Else an abort forks a debugger that holds our pipes.
    # OpenMP's spinning threads fight a busy game for its cores, and both lose: on two cores that
    # others use as well, the embedded model wrote 12 tokens a second spinning and 246 waiting.
    # So they may spin only while the engine lets them.
    prepare_waiting(os.environ)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    # Unbuffered: a thread that waits in a buffered read would hold its lock at exit.
    pipe = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    birth = Birth.decode(_line(pipe))
    follow(birth.options.pace)
    share_the_lock()
    threading.Thread(target=_leave_with_gateway, args=(pipe, birth), daemon=True).start()
    commands = connect(birth.commands, zmq.PULL, birth.key)
    reports = connect(birth.reports, zmq.PUSH, birth.key)

    def send(report: Report) -> None:
        reports.send(pack(birth.epoch, report))

    try:
        loaded = load(birth.options, birth.safe, lambda fraction: send(Loading(fraction)))
    except HearsayError as error:
        send(LoadFailed(error.message))
        return _leave(1)
    send(loaded.ready)
    Worker(loaded, commands, birth.epoch, send).run()
    return _leave(0)


def _line(pipe: BinaryIO) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = pipe.read(1)
        if not piece:
            sys.exit(0)  # The gateway was gone before it had said anything.
        line += piece
    return line


def _leave_with_gateway(pipe: BinaryIO, birth: Birth) -> None:
    """End the process when the gateway's end of the pipe is gone, whatever else is going on."""
    while pipe.read(4096):
        pass
    remove_folder(birth.commands)  # A gateway that was killed could not.
    os._exit(0)


def _leave(code: int) -> int:
    zmq.Context.instance().destroy()  # Waits until the last words are out, a second at most.
    return code
