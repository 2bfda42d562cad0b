"""From names in the settings to models and aliases."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from bridge.config import Settings
from bridge.gateway import StartError
from bridge.gateway.hosting import plan
from bridge.models.store import DEFAULT_MODEL
from tests.models.ggufs import write_gguf


def settings(folder: Path, **given: object) -> Settings:
    return msgspec.convert({"models_dir": folder, "backend": "llama", **given}, Settings)


def test_the_embedded_model_is_loaded_when_none_is_named(tmp_path: Path) -> None:
    assert list(plan(settings(tmp_path)).models) == [DEFAULT_MODEL]


def test_an_alias_loads_its_model_and_stands_for_its_id(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "other" / "boris.gguf")
    found = plan(
        settings(
            tmp_path,
            models=["in-memory::" + DEFAULT_MODEL],
            aliases={"in-memory::innkeeper": str(path), "keeper": DEFAULT_MODEL},
        )
    )
    assert found.aliases == {"innkeeper": "other/boris", "keeper": DEFAULT_MODEL}
    assert found.models["other/boris"].path == path


def test_an_alias_may_name_a_file_that_is_given_beside_it_by_its_id(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "elsewhere" / "boris.gguf")
    store = tmp_path / "store"
    found = plan(settings(store, models=[str(path)], aliases={"keeper": "in-memory::boris"}))
    assert found.aliases == {"keeper": "boris"}
    assert list(found.models) == ["boris"]


def test_one_model_by_two_names_is_loaded_once(tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "boris.gguf")
    assert list(plan(settings(tmp_path, models=["boris", str(path)])).models) == ["boris"]


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    paths = [str(write_gguf(tmp_path / folder / "boris.gguf")) for folder in ("a", "b")]
    with pytest.raises(StartError, match="Two files would be the model 'boris'"):
        plan(settings(tmp_path / "store", models=paths))


def test_a_damaged_file_is_refused_before_a_worker_is_started(tmp_path: Path) -> None:
    (tmp_path / "bad.gguf").write_bytes(b"GGUF")
    with pytest.raises(StartError, match="not a usable GGUF file"):
        plan(settings(tmp_path, models=["bad"]))


@pytest.mark.parametrize("given", [{"models": ["../x"]}, {"aliases": {"../x": DEFAULT_MODEL}}])
def test_a_name_that_cannot_be_one_is_refused(tmp_path: Path, given: dict[str, object]) -> None:
    with pytest.raises(StartError, match="cannot be a model's name"):
        plan(settings(tmp_path, **given))
