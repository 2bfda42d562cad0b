"""What the documents tell people to type is there."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest
import typer.core
import typer.main

from bridge.cli.app import app
from tools.setup.places import ROOT
from tools.tasks import TASKS

DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "bridge", ROOT / "requirements", ROOT / "samples", ROOT / "tools")
    for path in (folder.glob("*.md") if folder == ROOT else folder.rglob("*.md"))
)
FENCED = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.DOTALL | re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
OPTION = re.compile(r"(?<!\S)(--[a-z-]+)")


def commands(word: str) -> list[tuple[str, list[str]]]:
    """Every command line in the documents that starts with `word`, cut at spaces."""
    found = []
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        blocks = "".join(FENCED.findall(text)).replace("\\\n", " ").splitlines()
        lines = [line.split(" #")[0].strip() for line in blocks]
        lines += INLINE.findall(re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE))
        found += [(path.name, line.split()) for line in lines if f"{line} ".startswith(f"{word} ")]
    return found


def makefile_targets() -> list[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    found = re.search(r"^TASKS := (.*)$", makefile, re.MULTILINE)
    assert found is not None
    return found[1].split()


def test_make_knows_the_same_tasks_as_python() -> None:
    assert sorted(makefile_targets()) == sorted(TASKS)


def test_every_make_target_in_the_documents_exists() -> None:
    told = commands("make")
    assert told
    for document, (_, target, *_rest) in told:
        assert target in {*makefile_targets(), "TASK"}, document


def test_every_python_module_in_the_documents_exists() -> None:
    told = commands("python -m")
    assert told
    for document, (_, _, module, *rest) in told:
        assert importlib.util.find_spec(module), document
        if module == "tools" and rest:
            assert rest[0] in {*TASKS, "TASK"}, document


def test_every_hearsay_command_in_the_documents_exists_with_its_options() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    told = [words for words in commands("hearsay") if len(words[1]) > 1]
    assert told
    for document, (_, name, *rest) in told:
        assert name in group.commands, document
        known = {option for parameter in group.commands[name].params for option in parameter.opts}
        assert set(OPTION.findall(" ".join(rest))) <= known | {"--help"}, (document, name)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:\s]+)\)", text):
        assert (path.parent / target).exists(), target


def test_the_first_screen_of_the_readme_shows_the_two_commands_and_what_comes_out() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:35])
    assert "git clone" in screen
    assert "\nmake demo\n" in screen
    assert "Boris:" in screen
