"""A build for a graphics card that cannot succeed is refused before it begins."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools.setup import toolkits
from tools.setup.choice import Choice
from tools.setup.failure import SetupFailed

pytestmark = pytest.mark.skipif(os.name != "posix", reason="programs have no ending here")


@pytest.fixture
def toolkit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a toolkit, empty as yet, on a machine that has no other."""
    for name in ("CUDACXX", "CUDA_HOME", "CUDA_PATH", "CUDAToolkit_ROOT", "VULKAN_SDK"):
        monkeypatch.delenv(name, raising=False)
    for name in ("CPATH", "CPLUS_INCLUDE_PATH", "INCLUDE"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "toolkit"
    monkeypatch.setenv("PATH", str(folder / "bin"))
    monkeypatch.setattr(toolkits, "CUDA_COMPILER", tmp_path / "nowhere" / "nvcc")
    monkeypatch.setattr(toolkits, "SYSTEM", ())
    return folder


def put(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o755)


def refusal(accelerator: str) -> str:
    with pytest.raises(SetupFailed) as refused:
        Choice(accelerator).check_toolkit()
    return str(refused.value)


def test_without_the_cuda_toolkit_it_is_named_with_where_to_get_it(toolkit: Path) -> None:
    said = refusal("cuda")
    assert said.startswith("nvcc, ")
    assert "nvidia-cuda-toolkit" in said


@pytest.mark.parametrize("folder", ["include", "targets/x86_64-linux/include"])
def test_cuda_without_cublas_is_refused_by_name(toolkit: Path, folder: str) -> None:
    put(toolkit / "bin" / "nvcc")
    said = refusal("cuda")
    assert "cuBLAS" in said
    assert "libcublas-dev" in said
    put(toolkit / folder / "cublas_v2.h")
    Choice("cuda").check_toolkit()


def test_cublas_is_found_where_an_environment_variable_says(
    toolkit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "own" / "nvcc")
    monkeypatch.setenv("CUDACXX", str(tmp_path / "own" / "nvcc"))
    put(toolkit / "include" / "cublas_v2.h")
    assert "cuBLAS" in refusal("cuda")
    Choice("cuda", "-DCUDAToolkit_ROOT=/elsewhere").check_toolkit()
    monkeypatch.setenv("CUDA_PATH", str(toolkit))
    Choice("cuda").check_toolkit()
    monkeypatch.delenv("CUDA_PATH")
    monkeypatch.setenv("CPATH", str(toolkit / "include"))
    Choice("cuda").check_toolkit()


def test_without_the_vulkan_sdk_each_missing_part_is_named(toolkit: Path) -> None:
    assert refusal("vulkan").startswith("glslc, ")
    put(toolkit / "bin" / "glslc")
    assert refusal("vulkan").startswith("Vulkan's headers")
    put(toolkit / "include" / "vulkan" / "vulkan.h")
    said = refusal("vulkan")
    assert said.startswith("SPIR-V's headers")
    assert "libvulkan-dev glslc spirv-headers" in said
    put(toolkit / "include" / "spirv" / "unified1" / "spirv.hpp")
    Choice("vulkan").check_toolkit()


def test_a_vulkan_sdk_that_is_not_on_the_path_will_do(
    toolkit: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("VULKAN_SDK", str(toolkit))
    assert refusal("vulkan").startswith("glslc, ")
    put(toolkit / "bin" / "glslc")
    put(toolkit / "include" / "vulkan" / "vulkan.h")
    Choice("vulkan").check_toolkit()
