"""The outputs: every generated file, as bytes, by its path in the repository."""

from __future__ import annotations

import subprocess
import sys

from tools.bridgegen.asyncapi import asyncapi_yaml
from tools.bridgegen.languages import Language, languages, render
from tools.bridgegen.model import Model
from tools.bridgegen.openapi import openapi_json
from tools.bridgegen.schema import schema_json
from tools.bridgegen.vectors import vectors
from tools.setup.places import ROOT

OWNED = ("protocol/vectors",)
"""Folders that hold nothing but outputs; what else lies there is of an older model."""


def outputs(model: Model) -> dict[str, bytes]:
    """Return every file that is made of a model."""
    openapi = openapi_json(model)
    texts = {
        "protocol/schema.json": schema_json(model),
        "protocol/asyncapi.yaml": asyncapi_yaml(model),
        "protocol/openapi.json": openapi,
        "bridge/wire/data/openapi.json": openapi,  # the sidecar serves it
        **{f"protocol/vectors/{path}": text for path, text in vectors(model).items()},
    }
    for language in languages():
        texts |= render_language(language, model)
    return {path: text.encode() for path, text in texts.items()}


def render_language(language: Language, model: Model) -> dict[str, str]:
    """Return the files of a language, formatted where it has a formatter."""
    return {
        path: _formatted(language, path, text) for path, text in render(language, model).items()
    }


def _formatted(language: Language, path: str, text: str) -> str:
    if not language.python_formatter:
        return text
    arguments = [each.format(output=path) for each in language.python_formatter]
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        input=text.encode(),
        cwd=ROOT,  # its pyproject.toml says how code is formatted here
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        raise ValueError(f"{path} cannot be formatted: {done.stderr.decode()}")
    return done.stdout.decode()
