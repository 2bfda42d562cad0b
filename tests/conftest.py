"""What tests of several parts share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sidecar import running_sidecar


@pytest.fixture(scope="session")
def sidecar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real sidecar; its embedded model also has the specification's name."""
    with running_sidecar(tmp_path_factory.mktemp("sidecar")) as url:
        yield url
