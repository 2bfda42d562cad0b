"""The limit of open files, raised in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bridge.gateway.descriptors import WANTED

SCRIPT = """
import resource, sys
from bridge.gateway.descriptors import allow_connections
soft, hard = (int(word) for word in sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
allow_connections()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit")
@pytest.mark.parametrize(
    ("soft", "hard", "then"), [(256, WANTED, WANTED), (256, 300, 300), (WANTED, WANTED, WANTED)]
)
def test_the_limit_is_raised_as_far_as_it_may_be(soft: int, hard: int, then: int) -> None:
    command = [sys.executable, "-c", SCRIPT, str(soft), str(hard)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.split() == [str(then), str(hard)]
