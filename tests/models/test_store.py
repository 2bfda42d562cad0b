"""The store: what it lists, and what a name or a path is resolved to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.models import store as module
from bridge.models.store import DEFAULT_MODEL, Model, Store, embedded_path
from tests.models.ggufs import write_gguf


@pytest.fixture
def store(tmp_path: Path) -> Store:
    write_gguf(tmp_path / "models" / "plain.gguf")
    write_gguf(tmp_path / "models" / "org" / "Model-Q4_K_M.gguf")
    return Store(tmp_path / "models")


def ids(store: Store) -> list[str]:
    return [model.id for model in store.models()]


def test_ids_are_paths_below_the_store_without_the_suffix(store: Store) -> None:
    assert ids(store) == [DEFAULT_MODEL, "org/Model-Q4_K_M", "plain"]


def test_a_store_that_is_not_there_holds_the_embedded_model(tmp_path: Path) -> None:
    assert ids(Store(tmp_path / "nowhere")) == [DEFAULT_MODEL]


def test_other_files_and_hidden_folders_are_not_listed(store: Store) -> None:
    write_gguf(store.folder / ".cache" / "half.gguf")
    write_gguf(store.folder / "mmproj-vision.gguf")
    (store.folder / "notes.txt").write_text("no model")
    assert ids(store) == [DEFAULT_MODEL, "org/Model-Q4_K_M", "plain"]


def test_a_split_model_is_listed_once_and_counted_whole(store: Store) -> None:
    for number in (1, 2, 3):
        write_gguf(store.folder / "big" / f"Large-{number:05}-of-00003.gguf")
    model = store.resolve("in-memory::big/Large")
    assert ids(store).count("big/Large") == 1
    assert [part.name for part in model.parts()] == [
        "Large-00001-of-00003.gguf",
        "Large-00002-of-00003.gguf",
        "Large-00003-of-00003.gguf",
    ]
    assert model.head().parameters == 3 * 8 * 16


def test_a_part_that_is_missing_is_named(store: Store) -> None:
    write_gguf(store.folder / "Large-00001-of-00002.gguf")
    with pytest.raises(HearsayError, match="Large-00002-of-00002"):
        store.resolve("Large").head()


def test_a_suffix_may_be_in_capitals(store: Store) -> None:
    for number in (1, 2):
        write_gguf(store.folder / f"Loud-{number:05}-of-00002.GGUF")
    assert store.resolve("Loud").head().parameters == 2 * 8 * 16


def test_a_name_that_counts_to_nothing_is_a_whole_model(store: Store) -> None:
    write_gguf(store.folder / "odd-00001-of-00000.gguf")
    assert store.resolve("odd-00001-of-00000").head().parameters == 8 * 16


def test_any_part_of_a_split_model_names_it(store: Store, tmp_path: Path) -> None:
    for number in (1, 2):
        write_gguf(tmp_path / f"Large-{number:05}-of-00002.gguf")
    model = store.resolve(str(tmp_path / "Large-00002-of-00002.gguf"))
    assert model == Model("Large", tmp_path / "Large-00001-of-00002.gguf")


def test_a_path_outside_the_store_is_named_by_its_stem(store: Store, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "My model.gguf")
    assert store.resolve(str(path)) == Model("My model", path)


def test_a_path_into_the_store_has_the_id_of_the_store(store: Store) -> None:
    path = store.folder / "org" / "Model-Q4_K_M.gguf"
    assert store.resolve(str(path)) == Model("org/Model-Q4_K_M", path)


def test_a_file_of_another_suffix_can_be_named_by_its_path(store: Store, tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "model.bin")
    assert store.resolve(str(path)).id == "model"


def test_the_embedded_model_has_an_id(store: Store) -> None:
    assert store.resolve(DEFAULT_MODEL) == Model(DEFAULT_MODEL, embedded_path())


def test_an_own_model_may_take_the_place_of_the_embedded_one(store: Store) -> None:
    path = write_gguf(store.folder / "hearsay" / "tavern.gguf")
    assert store.resolve(DEFAULT_MODEL).path == path


def test_an_unknown_id_says_what_there_is(store: Store) -> None:
    with pytest.raises(HearsayError, match=r"'nope' \(known: hearsay/tavern, org") as caught:
        store.resolve("nope")
    assert caught.value.code is ErrorCode.MODEL_NOT_FOUND


def test_a_missing_path_is_named(store: Store) -> None:
    with pytest.raises(HearsayError, match=r"no model file at .*gone\.gguf"):
        store.resolve(str(store.folder / "gone.gguf"))


def test_an_installation_without_the_embedded_model_says_so(
    store: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "embedded_path", lambda: tmp_path / "tavern.gguf")
    with pytest.raises(HearsayError, match="missing from this installation"):
        store.resolve(DEFAULT_MODEL)


@pytest.mark.parametrize(
    "name",
    ["../outside", "org/../../outside", "/etc/hostname/x", "~root/x", "org\\..\\x", "a\x00b"],
)
def test_hostile_names_reach_no_file(store: Store, tmp_path: Path, name: str) -> None:
    write_gguf(tmp_path / "outside.gguf")
    with pytest.raises(HearsayError):
        store.resolve(name)


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_out_of_the_store_is_not_listed(store: Store, tmp_path: Path) -> None:
    outside = write_gguf(tmp_path / "outside.gguf")
    (store.folder / "inside.gguf").symlink_to(outside)
    assert "inside" not in ids(store)
