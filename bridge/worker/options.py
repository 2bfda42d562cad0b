"""How a worker is to be run: what the gateway tells it on its standard input."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from bridge.protocol import PaceMode
from bridge.worker.cores import available_cores

KEEP_SECONDS = 2.0
"""The sidecar shall be gone within four seconds, and its last messages come first."""


class WorkerOptions(Struct, frozen=True, kw_only=True):
    """
    One model and what it may use.

    `context` is in tokens and shared by all `slots` conversations; `threads` None means the
    fast cores that are left to us; `gpu_layers` -1 means all (nothing on a CPU build).
    A worker that has work and says nothing for `silence_seconds` hangs and is replaced; a step
    may take long on a slow machine, hence the patience.

    `pace` holds until a game says another; `kv_type` is how the KV cache holds its numbers.

    Conversations that must leave the KV cache go to `remember_mb` of main memory, and beyond it
    to `remember_folder`, if there is one, up to `remember_folder_mb`. When the worker is told to
    leave, those that are here go there too, for `keep_seconds` at most.

    `backend` "fake" reads no file: tests and the bench of everything but llama.cpp use it, with
    `fake_step_ms` as the cost of a decode.
    """

    path: Path
    slots: int = 8
    context: int = 8192
    threads: int | None = None
    gpu_layers: int = -1
    backend: Literal["llama", "fake"] = "llama"
    fake_step_ms: float = 0.0
    silence_seconds: int = 120
    pace: PaceMode = PaceMode.BALANCED
    kv_type: Literal["f16", "q8_0", "q4_0"] = "f16"
    remember_mb: int = 256
    remember_folder: Path | None = None
    remember_folder_mb: int = 4096

    @property
    def keep_seconds(self) -> float:
        """How long a worker that is told to leave may write what it remembers."""
        return KEEP_SECONDS if self.remember_folder else 0.0

    @property
    def thread_count(self) -> int:
        """How many threads llama.cpp is to use."""
        return self.threads or available_cores()


class Birth(Struct, frozen=True, kw_only=True):
    """
    The first line on a worker's standard input, as JSON; commands follow it.

    `safe` is why the model is to be loaded in safe mode, None when it is not.
    """

    options: WorkerOptions
    safe: str | None

    def encode(self) -> bytes:
        """Return the line."""
        return msgspec.json.encode(self, enc_hook=str) + b"\n"

    @staticmethod
    def decode(line: bytes) -> Birth:
        """Read the line."""
        return msgspec.json.decode(line, type=Birth, dec_hook=lambda _, text: Path(text))
