"""A sidecar of our own for a command, as a game would have one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast

from bridge.cli.client import Client
from bridge.cli.failure import CommandError, stoppable
from bridge.client.launch import Sidecar

POLL_SECONDS = 0.1

Document = dict[str, object]


@contextmanager
def started(model: str | None) -> Iterator[Sidecar]:
    """
    Start a sidecar on a model and end it.

    Raises HearsayError when it does not start, StoppedError for a Ctrl-C before it has.
    """
    # A person may think for longer than a lease; we end the sidecar ourselves.
    environment = {"HEARSAY_LEASE_SECONDS": "0"}
    with stoppable("starting"):
        sidecar = Sidecar.start([model] if model else [], environment=environment)
    try:
        yield sidecar
    finally:
        sidecar.stop()


def wait_loaded(sidecar: Sidecar, client: Client, progress: Callable[[float], None]) -> None:
    """Return when the models are loaded; raises CommandError when they cannot be."""
    while True:
        health = client.health()
        if health.get("status") == "ok":
            return
        models = cast(list[Document], health.get("models") or [])
        if any(model.get("status") == "failed" for model in models):
            raise CommandError(f"The model cannot be loaded; the log says why: {sidecar.log_file}")
        done = [cast(float, model.get("progress", 0.0)) for model in models]
        progress(sum(done) / max(len(done), 1))
        time.sleep(POLL_SECONDS)
