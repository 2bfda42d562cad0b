"""The library that stands for Unity's, which all tests of the package need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugins.unity.project import ADVICE, MCS, MONO, build_stub


@pytest.fixture(scope="session")
def stub(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library; skips where there is no Mono."""
    if not (MCS and MONO):
        pytest.skip(ADVICE)
    return build_stub(tmp_path_factory.mktemp("unity"))
