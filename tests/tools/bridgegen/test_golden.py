"""The committed files are what the templates make."""

from __future__ import annotations

import pytest

from tests.tools.bridgegen.places import GOLDEN
from tools.bridgegen.files import differences
from tools.bridgegen.load import load
from tools.bridgegen.render import outputs
from tools.setup.places import ROOT


@pytest.mark.parametrize("root", [GOLDEN, ROOT], ids=["a small protocol", "ours"])
def test_the_committed_files_are_what_the_templates_make(root: object) -> None:
    folder = GOLDEN if root is GOLDEN else ROOT
    found = differences(outputs(load(folder / "protocol" / "hearsay.yaml")), folder)
    assert not found, "".join(found)
