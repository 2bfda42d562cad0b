"""The Unity package as Unity's package manager looks at it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from bridge import __version__
from tests.plugins.unity.project import PACKAGE, build_package
from tools.unity.metas import metas, write


@pytest.mark.parametrize("words", [(), ("-define:UNITY_EDITOR",)], ids=["game", "editor"])
def test_it_compiles_without_a_warning_and_everything_public_is_documented(
    stub: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    build_package(tmp_path, stub, *words)


def test_its_version_is_that_of_hearsay() -> None:
    assert json.loads((PACKAGE / "package.json").read_text("utf-8"))["version"] == __version__
    engine = (PACKAGE / "Runtime" / "HearsayEngine.cs").read_text("utf-8")
    assert f'Version = "{__version__}"' in engine


def test_its_samples_are_where_it_says() -> None:
    samples = json.loads((PACKAGE / "package.json").read_text("utf-8"))["samples"]
    named = {sample["path"] for sample in samples}
    assert named == {f"Samples~/{folder.name}" for folder in (PACKAGE / "Samples~").iterdir()}


def test_everything_in_it_has_its_meta_and_no_two_have_one_id() -> None:
    wanted = metas(PACKAGE)
    found = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.meta")}
    assert found == wanted, "run `make gen`"
    ids = [re.findall("(?m)^guid: ([0-9a-f]{32})$", text) for text in wanted.values()]
    assert len({each for [each] in ids}) == len(ids) > 10


def test_metas_are_written_once_and_those_of_nothing_are_deleted(tmp_path: Path) -> None:
    (tmp_path / "Runtime").mkdir()
    (tmp_path / "Runtime" / "Job.cs").write_text("")
    (tmp_path / "Samples~").mkdir()
    (tmp_path / "Samples~" / "Tavern.cs").write_text("")
    (tmp_path / "Gone.cs.meta").write_text("")
    changed = {path.name for path in write(tmp_path)}
    assert changed == {"Gone.cs.meta", "Runtime.meta", "Job.cs.meta"}
    assert {path.name for path in tmp_path.rglob("*.meta")} == {"Runtime.meta", "Job.cs.meta"}
    assert write(tmp_path) == []
