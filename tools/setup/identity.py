"""Name a build of llama.cpp after everything that went into it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tools.setup.failure import SetupFailed
from tools.setup.places import REQUIREMENTS

LIBRARY_ONLY = Path(__file__).with_name("library_only.cmake")

_PIN = re.compile(r"^llama-cpp-python==(\S+) .*?--hash=sha256:([0-9a-f]{64})", re.DOTALL)
_VARIABLES = ("CC", "CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS")


@dataclass(frozen=True)
class Source:
    """The locked source archive of llama-cpp-python."""

    version: str
    sha256: str


def read_source(lock: Path = REQUIREMENTS / "llama.txt") -> Source:
    """Read the one pin of llama.txt; raises SetupFailed when it is not one."""
    found = _PIN.search(lock.read_text(encoding="utf-8"))
    if found is None:
        raise SetupFailed(f"{lock} holds no locked llama-cpp-python; run: make lock")
    return Source(found[1], found[2])


@dataclass(frozen=True)
class Identity:
    """Everything that makes one build differ from another; equal identities are one build."""

    source: Source
    flags: tuple[str, ...]
    compiler: str
    platform: str
    variables: tuple[str, ...]
    library_only: str

    @property
    def name(self) -> str:
        """A folder's name: the version to read, a digest of all to be sure."""
        return f"{self.source.version}-{digest(self.describe())}"

    def describe(self) -> str:
        """The whole identity as JSON, for the curious and for the digest."""
        return json.dumps(self, default=vars, indent=2, sort_keys=True)


def identify(source: Source, flags: list[str], compiler: str) -> Identity:
    """Put an identity together from what was asked for and what this machine is."""
    return Identity(
        source=source,
        flags=tuple(flags),
        compiler=compiler,
        platform=sysconfig.get_platform(),
        variables=tuple(f"{name}={os.environ[name]}" for name in _VARIABLES if name in os.environ),
        library_only=digest(LIBRARY_ONLY.read_text(encoding="utf-8")),
    )


def digest(text: str) -> str:
    """A short name for a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:12]
