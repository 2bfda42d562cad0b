"""What a graphics card's build needs beside the compiler, looked for before minutes are spent."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CUDA_COMPILER = Path("/usr/local/cuda/bin/nvcc")
"""Where NVIDIA's installers put it, often without naming it on PATH."""

SYSTEM = (Path("/usr"), Path("/usr/local"), Path("/opt/homebrew"))
"""Where a system keeps headers that come with it or with its packages."""

_CUDA_ADVICE = (
    "install NVIDIA's CUDA toolkit, from https://developer.nvidia.com/cuda-downloads or, "
    "on Debian and Ubuntu, with: sudo apt install nvidia-cuda-toolkit"
)
_VULKAN_ADVICE = (
    "install the Vulkan SDK, from https://vulkan.lunarg.com or, on Debian and Ubuntu, with: "
    "sudo apt install libvulkan-dev glslc spirv-headers"
)
_CUDA_FOLDERS = ("CUDAToolkit_ROOT", "CUDA_HOME", "CUDA_PATH")
_HEADER_PATHS = ("CPATH", "CPLUS_INCLUDE_PATH", "INCLUDE")


def cuda_compiler() -> str | None:
    """Return the compiler for NVIDIA's cards, also where it is not on the PATH."""
    return os.environ.get("CUDACXX") or shutil.which("nvcc") or _existing(CUDA_COMPILER)


def missing_cuda() -> str | None:
    """Return what of CUDA's toolkit is not on this machine and what to do; None if all is."""
    compiler = cuda_compiler()
    if compiler is None:
        where = "; where it is already, put its bin folder on PATH"
        return f"nvcc, the compiler for NVIDIA's cards, was not found: {_CUDA_ADVICE}{where}"
    roots = [_root(compiler), *_folders(*_CUDA_FOLDERS), *SYSTEM]
    if not _has_header("cublas_v2.h", roots):
        return (
            f"There is nvcc ({compiler}), but not cuBLAS, which llama.cpp calculates with (no "
            f"cublas_v2.h beside it): {_CUDA_ADVICE}; from NVIDIA's own packages: libcublas-dev"
        )
    return None


def missing_vulkan() -> str | None:
    """Return what of the Vulkan SDK is not on this machine and what to do; None if all is."""
    compiler = shutil.which("glslc") or _beside_sdk("glslc")
    if compiler is None:
        return f"glslc, the compiler for Vulkan's shaders, was not found: {_VULKAN_ADVICE}"
    roots = [_root(compiler), *_folders("VULKAN_SDK"), *SYSTEM]
    wanted = {"Vulkan's": "vulkan/vulkan.h"}
    if not os.environ.get("VULKAN_SDK"):  # The SDK brings them, where it likes.
        wanted["SPIR-V's"] = "spirv/unified1/spirv.hpp"
    for whose, header in wanted.items():
        if not _has_header(header, roots):
            return f"{whose} headers were not found ({header}): {_VULKAN_ADVICE}"
    return None


def _existing(path: Path) -> str | None:
    return str(path) if path.exists() else None


def _beside_sdk(program: str) -> str | None:
    found = (shutil.which(program, path=folder / "bin") for folder in _folders("VULKAN_SDK"))
    return next(filter(None, found), None)


def _root(compiler: str) -> Path:
    """The folder above `bin`, wherever links lead to."""
    return Path(shutil.which(compiler) or compiler).resolve().parent.parent


def _folders(*variables: str) -> Iterator[Path]:
    return (Path(os.environ[name]) for name in variables if os.environ.get(name))


def _has_header(name: str, roots: list[Path]) -> bool:
    listed = (os.environ.get(variable, "").split(os.pathsep) for variable in _HEADER_PATHS)
    folders = [Path(folder) for paths in listed for folder in paths if folder]
    for root in roots:
        folders += [root / "include", root / "Include", *root.glob("targets/*/include")]
    return any((folder / name).is_file() for folder in folders)
