"""Everything public of the addon is explained in the editor's help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from tests.plugins.godot.project import play

KINDS = ("method", "signal", "member", "constant")


def unexplained(page: Path) -> Iterator[str]:
    """Tell what a class has without a description; a script that is preloaded is no part of it."""
    whole = ElementTree.parse(page).getroot()  # noqa: S314 - Godot has just written it
    name = whole.get("name", "")
    if '"' in name or name == "HearsayProtocol.Wire":  # A script without a name is not for games.
        return
    if not (whole.findtext("brief_description") or "").strip():
        yield name
    for kind in KINDS:
        for part in whole.iter(kind):
            own = part.get("name", "")
            said = part.findtext("description") or part.text or ""
            preloaded = part.get("value", "").startswith("<")
            if not (said.strip() or own.startswith("_") or preloaded):
                yield f"{name}.{own}"


def test_everything_public_has_a_documentation_comment(project: Path, tmp_path: Path) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    play(project, tmp_path, "--doctool", str(pages), "--gdscript-docs", "res://addons/hearsay")
    names = {page.stem for page in pages.glob("*.xml")}
    assert {"HearsayEngine", "HearsayCharacter", "HearsayJob", "HearsaySidecar"} <= names
    assert [each for page in sorted(pages.glob("*.xml")) for each in unexplained(page)] == []
