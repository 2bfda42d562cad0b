"""Set-up: a build is named after all that went into it, and taken for no other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tools.setup import llama
from tools.setup.choice import ACCELERATORS, Choice, choose
from tools.setup.failure import SetupFailed
from tools.setup.identity import Identity, Source, identify, read_source
from tools.setup.places import ROOT

SOURCE = Source("0.3.36", "ab" * 32)
COMPILER = "g++ 12.2.0"


def identity_of(*flags: str, compiler: str = COMPILER) -> Identity:
    return identify(SOURCE, list(flags), compiler)


def keep_wheel(wheels: Path, identity: Identity) -> Path:
    wheel = wheels / identity.name / "llama_cpp_python-0.3.36-py3-none-any.whl"
    wheel.parent.mkdir(parents=True)
    wheel.write_bytes(b"wheel")
    return wheel


class TestIdentity:
    def test_the_same_wishes_have_the_same_name(self) -> None:
        assert identity_of("-DGGML_NATIVE=OFF").name == identity_of("-DGGML_NATIVE=OFF").name

    def test_the_name_changes_with_the_flags(self) -> None:
        names = {identity_of(*Choice(name).flags).name for name in ACCELERATORS}
        assert len(names) == len(ACCELERATORS)

    def test_the_name_changes_with_the_compiler(self) -> None:
        assert identity_of().name != identity_of(compiler="g++ 13.1.0").name

    def test_the_name_changes_with_the_source(self) -> None:
        assert identity_of().name != replace(identity_of(), source=Source("0.3.36", "c" * 64)).name

    def test_the_name_changes_with_the_compilers_own_flags(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = identity_of().name
        monkeypatch.setenv("CXXFLAGS", "-march=znver4")
        assert identity_of().name != before

    def test_the_name_shows_the_version(self) -> None:
        assert identity_of().name.startswith("0.3.36-")

    def test_the_locked_source_is_read_from_the_lock(self) -> None:
        source = read_source()
        assert f"llama-cpp-python=={source.version}" in (ROOT / "pyproject.toml").read_text("utf-8")
        assert len(source.sha256) == 64

    def test_a_lock_without_a_hash_is_refused(self, tmp_path: Path) -> None:
        lock = tmp_path / "llama.txt"
        lock.write_text("llama-cpp-python==0.3.36\n", encoding="utf-8")
        with pytest.raises(SetupFailed, match="make lock"):
            read_source(lock)


class TestCachedWheel:
    def test_a_wheel_of_the_same_identity_is_taken(self, tmp_path: Path) -> None:
        wheel = keep_wheel(tmp_path, identity_of("-DGGML_NATIVE=OFF"))
        assert llama.cached_wheel(identity_of("-DGGML_NATIVE=OFF"), tmp_path) == wheel

    def test_a_wheel_of_other_flags_is_not_taken(self, tmp_path: Path) -> None:
        keep_wheel(tmp_path, identity_of("-DGGML_NATIVE=ON"))
        assert llama.cached_wheel(identity_of("-DGGML_NATIVE=OFF"), tmp_path) is None

    def test_an_unfinished_build_is_not_taken(self, tmp_path: Path) -> None:
        (tmp_path / f"{identity_of().name}.unfinished").mkdir()
        assert llama.cached_wheel(identity_of(), tmp_path) is None


class TestChoice:
    def test_the_default_runs_on_other_machines(self) -> None:
        assert "-DGGML_NATIVE=OFF" in choose(None, None, None, None).flags

    def test_what_was_chosen_before_stays_chosen(self) -> None:
        before = Choice("native", "-DGGML_BLAS=ON")
        assert choose(None, None, None, before) == before
        assert choose("native", None, None, before) == before

    def test_another_choice_forgets_the_one_before(self) -> None:
        assert choose("cpu", None, None, Choice("native", "-DGGML_BLAS=ON")) == Choice()
        assert choose("cpu", None, None, Choice(wheel="own.whl")) == Choice()

    def test_the_command_line_wins_over_the_environment(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HEARSAY_ACCELERATOR", "cuda")
        assert choose(None, None, None, None).accelerator == "cuda"
        assert choose("vulkan", None, None, None).accelerator == "vulkan"

    def test_further_flags_reach_cmake_one_by_one(self) -> None:
        flags = choose(None, "-DGGML_BLAS=ON -DNAME='a b'", None, None).flags
        assert flags[-2:] == ["-DGGML_BLAS=ON", "-DNAME=a b"]

    def test_an_unknown_accelerator_is_refused_with_the_known_ones(self) -> None:
        with pytest.raises(SetupFailed, match="cpu, native, cuda, vulkan, metal"):
            Choice("quantum").check()
