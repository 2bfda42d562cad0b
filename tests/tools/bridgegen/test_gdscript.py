"""The generated GDScript in a real Godot; skipped where there is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tools.bridgegen.rewritten import VECTORS, check_rewritten
from tools.godot.find import ADVICE, find_godot
from tools.setup.places import ROOT

GODOT = find_godot()
pytestmark = pytest.mark.skipif(GODOT is None, reason=ADVICE)
WARNINGS = (
    "inferred_declaration", "return_value_discarded", "shadowed_global_identifier",
    "shadowed_variable", "shadowed_variable_base_class", "unsafe_call_argument", "unsafe_cast",
    "unsafe_method_access", "unsafe_property_access", "untyped_declaration", "unused_parameter",
    "unused_variable",
)  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Godot project with the generated file, in which every warning is an error."""
    folder = tmp_path_factory.mktemp("godot")
    warnings = "\n".join(f"gdscript/warnings/{name}=2" for name in WARNINGS)
    rules = 'gdscript/warnings/directory_rules={"res://addons": 1}'
    (folder / "project.godot").write_text(f"config_version=5\n[debug]\n{warnings}\n{rules}\n")
    addon = folder / "addons" / "hearsay"
    addon.mkdir(parents=True)
    shutil.copy(ROOT / "plugins" / "godot" / "addons" / "hearsay" / "protocol.gd", addon)
    for reader in ("vectors.gd", "faults.gd"):
        shutil.copy(Path(__file__).with_name("readers") / reader, folder)
    godot(folder, "--import")  # registers the class names
    return folder


def godot(folder: Path, *arguments: str) -> str:
    command = [str(GODOT), "--headless", "--path", str(folder), "--quit-after", "1000", *arguments]
    environment = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    told = done.stdout.decode()
    assert done.returncode == 0, told
    assert "SCRIPT ERROR" not in told, told
    return told


def test_it_has_no_errors_and_no_warnings(project: Path) -> None:
    godot(project, "--check-only", "--script", "addons/hearsay/protocol.gd")


def test_every_valid_document_survives_reading_and_writing(project: Path) -> None:
    told = godot(project, "--script", "vectors.gd", "--", str(VECTORS))
    assert check_rewritten(line for line in told.splitlines() if line.startswith("[")) > 500


def test_every_frame_of_a_wrong_form_is_refused_and_no_other(project: Path) -> None:
    told = godot(project, "--script", "faults.gd", "--", str(VECTORS))
    cases = [json.loads(line) for line in told.splitlines() if line.startswith("[")]
    wrong = [
        (file, name, fault)
        for file, name, fault in cases
        # A word that only a newer sidecar knows is taken as it is.
        if (fault == "") != (name.startswith("valid.") or name.endswith("is_an_unknown_word"))
    ]
    assert not wrong
    assert len(cases) > 300
