"""Where the small protocol of the tests is, and how to change a copy of it."""

from __future__ import annotations

from pathlib import Path

from tools.bridgegen.load import load
from tools.bridgegen.model import Model

GOLDEN = Path(__file__).with_name("golden")
TAVERN = (GOLDEN / "protocol" / "hearsay.yaml").read_text(encoding="utf-8")


def changed(*changes: tuple[str, str]) -> str:
    """The small protocol with parts of its text replaced, each of which it has once."""
    text = TAVERN
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    return text


def model_of(text: str, folder: Path) -> Model:
    """The model of a YAML's text."""
    path = folder / "hearsay.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path)
