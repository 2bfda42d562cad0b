"""The process that renders a foreign chat template: lines of JSON in, lines of JSON out."""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from jinja2 import TemplateError

from bridge.chat.jinja import Render, compile_template

LONGEST_SECONDS = 40
"""The parent's patience is shorter; this is for a process that has no parent any more."""


def main() -> None:
    """
    Answer requests in order until the standard input ends.

    `{"source": TEXT}` compiles a template, `{"variables": {…}}` renders it. The answer is
    `{"text": TEXT}`, or `{"error": REASON}` for what the template itself did wrong.
    """
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for the gateway; we end with our input.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, requests), daemon=True).start()
    _say(answers, {"text": "ready"})
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - the alarm wants a descriptor
        render: Render | None = None
        while True:
            request = json.loads(requests.get())
            # This alarm needs no interpreter lock, which one long multiplication would hold.
            faulthandler.dump_traceback_later(LONGEST_SECONDS, exit=True, file=nowhere)
            try:
                if "source" in request:
                    render = compile_template(request["source"])
                text = render(request["variables"]) if render and "variables" in request else ""
                answer = {"text": text}
            except TemplateError as error:
                answer = {"error": str(error)}
            faulthandler.cancel_dump_traceback_later()
            _say(answers, answer)


def _listen(pipe: BinaryIO, requests: queue.SimpleQueue[bytes]) -> None:
    """Pass requests on, and end the process with its parent, whatever a template is doing."""
    for line in pipe:
        requests.put(line)
    os._exit(0)


def _say(pipe: BinaryIO, answer: dict[str, str]) -> None:
    pipe.write(json.dumps(answer).encode() + b"\n")
    pipe.flush()


if __name__ == "__main__":
    main()
