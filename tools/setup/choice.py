"""What a person chose to build llama.cpp for, and the CMake flags that say so."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.setup.failure import SetupFailed
from tools.setup.toolkits import missing_cuda, missing_vulkan

_COMMON = ("-DLLAVA_BUILD=OFF", "-DGGML_RPC=OFF")

ACCELERATORS = {
    # Without GGML_NATIVE the result runs on any x86-64 with AVX2 and any 64-bit ARM. With it, the
    # build trusts what the processor advertises, and crashes where a virtual machine lies.
    "cpu": ("-DGGML_NATIVE=OFF",),
    "native": ("-DGGML_NATIVE=ON",),
    "cuda": ("-DGGML_NATIVE=OFF", "-DGGML_CUDA=ON", "-DCMAKE_CUDA_ARCHITECTURES=native"),
    "vulkan": ("-DGGML_NATIVE=OFF", "-DGGML_VULKAN=ON"),
    "metal": ("-DGGML_NATIVE=OFF", "-DGGML_METAL=ON"),
}


@dataclass(frozen=True)
class Choice:
    """An accelerator and more CMake flags; or a wheel that is there already."""

    accelerator: str = "cpu"
    extra: str = ""
    wheel: str = ""

    @property
    def flags(self) -> list[str]:
        """The arguments for CMake."""
        # CMake takes its own separators everywhere; Windows' would be read as escapes.
        extra = self.extra.replace("\\", "/") if os.name == "nt" else self.extra
        return [*ACCELERATORS[self.accelerator], *_COMMON, *shlex.split(extra)]

    def is_plain(self, accelerator: str) -> bool:
        """Whether this is a build for that accelerator, not a wheel from elsewhere."""
        return self.accelerator == accelerator and not self.wheel

    def check(self) -> None:
        """Raise SetupFailed when no machine of this kind has such an accelerator."""
        if self.accelerator not in ACCELERATORS:
            names = ", ".join(ACCELERATORS)
            raise SetupFailed(f"No accelerator is called {self.accelerator!r}; choose of {names}.")
        if self.accelerator == "metal" and sys.platform != "darwin":
            raise SetupFailed("Metal is Apple's: choose cpu, cuda or vulkan here.")

    def check_toolkit(self) -> None:
        """Raise SetupFailed when what a build for the accelerator needs is not on this machine."""
        look = {"cuda": missing_cuda, "vulkan": missing_vulkan}.get(self.accelerator)
        # Whoever names a folder to CMake knows better than we do.
        if look and "_ROOT=" not in self.extra and (missing := look()):
            raise SetupFailed(f"{missing}.")


def choose(
    accelerator: str | None, extra: str | None, wheel: str | None, before: Choice | None
) -> Choice:
    """What was asked for now; where nothing was, what was chosen before; else the default."""
    if wheel is not None:
        return Choice(wheel=str(Path(wheel).resolve()))
    accelerator = accelerator or os.environ.get("HEARSAY_ACCELERATOR") or None
    if before and extra is None and (accelerator is None or before.is_plain(accelerator)):
        return before
    return Choice(accelerator=accelerator or "cpu", extra=extra or "")
