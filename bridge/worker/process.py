"""The worker process: its birth, its one loaded model, and its end with the gateway."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import BinaryIO

from bridge.errors import HearsayError
from bridge.processes import share_the_lock
from bridge.worker.link import Inbox, take_output
from bridge.worker.loading import load
from bridge.worker.messages import LoadFailed, Loading
from bridge.worker.options import Birth
from bridge.worker.politeness import follow
from bridge.worker.waiting import prepare_waiting
from bridge.worker.worker import Worker

log = logging.getLogger("hearsay.worker")

STEP_SECONDS = 0.5
"""What a worker that is told to leave may need until it hears of it."""


def main() -> int:
    """Run a worker; its instructions come as one line of JSON on standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the gateway, which tells us.
    os.environ["GGML_NO_BACKTRACE"] = "1"  # Else an abort forks a debugger that holds our pipes.
    # OpenMP's spinning threads fight a busy game for its cores, and both lose: on two cores that
    # others use as well, the embedded model wrote 12 tokens a second spinning and 246 waiting.
    # So they may spin only while the engine lets them.
    prepare_waiting(os.environ)
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    send = take_output()
    # Unbuffered: a thread that waits in a buffered read would hold its lock at exit.
    pipe = os.fdopen(sys.stdin.fileno(), "rb", buffering=0, closefd=False)
    birth = Birth.decode(_line(pipe))
    follow(birth.options.pace)
    share_the_lock()
    inbox = Inbox()
    keeping = birth.options.keep_seconds
    threading.Thread(target=_listen, args=(pipe.fileno(), inbox, keeping), daemon=True).start()
    try:
        loaded = load(birth.options, birth.safe, lambda fraction: send(Loading(fraction)))
    except HearsayError as error:
        send(LoadFailed(error.message))
        return 1
    send(loaded.ready)
    worker = Worker(loaded, inbox, send)
    worker.run()
    worker.keep(birth.options.keep_seconds)
    return 0


def _line(pipe: BinaryIO) -> bytes:
    line = b""
    while not line.endswith(b"\n"):
        piece = pipe.read(1)
        if not piece:
            sys.exit(0)  # The gateway was gone before it had said anything.
        line += piece
    return line


def _listen(pipe: int, inbox: Inbox, keeping: float) -> None:
    """
    Take commands in; end the process when the gateway's end of the pipe is gone.

    Only if there is something to keep it may leave by itself, after a step and so many seconds.
    """
    try:
        inbox.listen(pipe)
    except ValueError:
        log.exception("the gateway said what nobody understands")
    if keeping:
        inbox.close()
        time.sleep(keeping + STEP_SECONDS)
    os._exit(0)  # Whatever else is going on.
