"""The generator writes, checks, and mends what is out of step."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from tests.tools.bridgegen.places import TAVERN, changed
from tools.bridgegen.__main__ import main
from tools.setup.places import ROOT

OURS = (ROOT / "protocol" / "hearsay.yaml").read_text(encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "protocol").mkdir()
    write(tmp_path, TAVERN)
    return tmp_path


@pytest.fixture
def forget() -> Iterator[None]:
    yield
    sys.modules.pop("generated", None)


def write(root: Path, text: str) -> None:
    (root / "protocol" / "hearsay.yaml").write_text(text, encoding="utf-8")


def generated(root: Path) -> ModuleType:
    """The generated Python module, as a module of its own."""
    spec = importlib.util.spec_from_file_location("generated", root / "bridge" / "protocol.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["generated"] = module  # msgspec looks its types up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.usefixtures("forget")
def test_a_new_field_is_one_line_of_yaml(root: Path) -> None:
    line = '      mood: {type: string, default: calm, since: 1, doc: "How the speaker feels."}\n'
    before = "    tag: submit_chat\n"
    start = OURS.index("    fields:\n", OURS.index(before)) + len("    fields:\n")
    write(root, OURS[:start] + line + OURS[start:])
    assert main(["--root", str(root)]) == 0
    protocol = generated(root)
    request = {"model": "m", "messages": [{"role": "user", "content": "Hi"}]}
    document = {"type": "submit_chat", "job": "1", "mood": "wild", "request": request}
    submit = msgspec.convert(document, protocol.ClientMessage)
    assert submit.mood == "wild"
    assert msgspec.json.decode(msgspec.json.encode(submit))["mood"] == "wild"
    assert msgspec.json.decode(msgspec.json.encode(submit), type=protocol.SubmitChat) == submit
    for path in ("schema.json", "REFERENCE.md", "vectors/client/submit_chat.json"):
        assert "mood" in (root / "protocol" / path).read_text(encoding="utf-8")


def test_what_is_written_is_in_step(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--root", str(root)]) == 0
    assert main(["--root", str(root), "--check"]) == 0
    assert "are in step" in capsys.readouterr().out


def test_a_file_that_was_edited_is_shown_as_a_diff(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--root", str(root)])
    path = root / "bridge" / "protocol.py"
    path.write_text(path.read_text(encoding="utf-8").replace("MAX_ROUNDS = 3", "MAX_ROUNDS = 4"))
    assert main(["--root", str(root), "--check"]) == 1
    told = capsys.readouterr().out
    assert "-MAX_ROUNDS = 4\n+MAX_ROUNDS = 3" in told
    assert "make gen" in told


def test_files_that_are_missing_or_left_over_are_found_and_mended(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--root", str(root)])
    stale = root / "protocol" / "vectors" / "client" / "gone.json"
    stale.write_text("{}", encoding="utf-8")
    (root / "protocol" / "schema.json").unlink()
    assert main(["--root", str(root), "--check"]) == 1
    told = capsys.readouterr().out
    assert "gone.json is left over" in told
    assert "protocol/schema.json is missing" in told
    main(["--root", str(root)])
    assert not stale.exists()
    assert main(["--root", str(root), "--check"]) == 0


def test_a_mistake_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, changed(("type: Drink, default", "type: Drunk, default")))
    assert main(["--root", str(root)]) == 1
    assert "unknown type 'Drunk'" in capsys.readouterr().out
    assert not (root / "bridge").exists()


def test_a_break_of_the_release_fails_the_check(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "protocol" / "released").mkdir()
    (root / "protocol" / "released" / "2.yaml").write_text(TAVERN, encoding="utf-8")
    write(root, changed(("      extra:", "      more:")))
    assert main(["--root", str(root)]) == 1
    assert "Order.extra is gone" in capsys.readouterr().out
