"""A language is a folder of templates with a `language.toml`: type names, files, reserved words."""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
from dataclasses import dataclass
from pathlib import Path

import jinja2

from tools.bridgegen.model import Field, Json, Model
from tools.bridgegen.reach import reachable

TEMPLATES = Path(__file__).parent / "templates"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True)
class Language:
    """
    How one language is written.

    `outputs` says which template becomes which file, `types` what the kinds of types are called,
    `reserved` which names of fields it cannot have and what they are called there instead;
    `python_formatter` is a Python module that formats the output, with its arguments.
    """

    name: str
    folder: Path
    outputs: dict[str, str]
    types: dict[str, str]
    reserved: dict[str, str]
    python_formatter: list[str]


def languages(folder: Path = TEMPLATES) -> list[Language]:
    """Return every language that has a folder, by name."""
    return [_read(path.parent) for path in sorted(folder.glob("*/language.toml"))]


def _read(folder: Path) -> Language:
    table = tomllib.loads((folder / "language.toml").read_text(encoding="utf-8"))
    return Language(
        name=folder.name,
        folder=folder,
        outputs=table["outputs"],
        types=table.get("types", {}),
        reserved=table.get("reserved", {}),
        python_formatter=table.get("python_formatter", []),
    )


def render(language: Language, model: Model) -> dict[str, str]:
    """Return the text of every file of a language, by its path in the repository."""
    environment = _environment(language)
    known = {
        "model": model,
        "types": language.types,
        "told": reachable(model, [message.name for message in model.server_messages]),
    }
    return {
        output: environment.get_template(template).render(known)
        for template, output in language.outputs.items()
    }


def _environment(language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(language.folder),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - what is written is source code, not a web page
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "camel": camel,
        "literal": literal,
        "pascal": pascal,
        "snake": snake,
        "wrap": wrap,
        "name": lambda field: _own_name(language, field),
    }
    return environment


def _own_name(language: Language, field: Field | str) -> str:
    name = field if isinstance(field, str) else field.name
    return language.reserved.get(name, name)


def snake(name: str) -> str:
    """`JobDone` becomes `job_done`."""
    return _HUMP.sub("_", name).lower()


def pascal(name: str) -> str:
    """`job_done` becomes `JobDone`."""
    return "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def camel(name: str) -> str:
    """`job_done` becomes `jobDone`."""
    return pascal(name)[:1].lower() + pascal(name)[1:]


def literal(value: Json) -> str:
    """Return a text or number as most languages write it, which is JSON's way."""
    return json.dumps(value, ensure_ascii=True)


def wrap(text: str, width: int) -> list[str]:
    """Return a text as lines of at most `width`; its paragraphs are kept apart."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        words = " ".join(paragraph.split())
        lines += [*([""] if lines else []), *textwrap.wrap(words, width, break_long_words=False)]
    return lines
