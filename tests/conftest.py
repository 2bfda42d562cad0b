"""What tests of several parts share."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from tests.sidecar import running_sidecar


@pytest.fixture(scope="session", autouse=True)
def _ctrl_c() -> Iterator[None]:
    """Hear Ctrl-C, as a shell's background jobs do not: what tests start inherits it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real sidecar; its embedded model also has the specification's name."""
    with running_sidecar(tmp_path_factory.mktemp("sidecar")) as url:
        yield url
