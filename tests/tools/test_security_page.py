"""SECURITY.md names tests; each of them is there."""

from __future__ import annotations

import re

from tools.setup.places import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def test_every_test_that_the_page_names_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 30
    for path, name in named:
        text = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(async def|def|class) {name}\b", text, re.MULTILINE), f"{path}::{name}"


def test_every_row_says_what_shows_it() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "---" not in line]
    for row in rows:
        *_, shown = row.strip("| ").split(" | ")
        assert shown == "shown by" or NAMED.search(shown), row
