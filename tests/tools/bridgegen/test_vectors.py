"""Documents that are valid and invalid: every reader of them comes to the same verdict."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import NamedTuple, cast

import jsonschema
import pytest

import bridge.protocol
from bridge.errors import HearsayError
from bridge.wire.document import convert, parse
from tools.setup.places import ROOT

FOLDER = ROOT / "protocol" / "vectors"
FILES = sorted(FOLDER.rglob("*.json"))


class Case(NamedTuple):
    name: str
    text: str
    param: str | None
    beyond_schema: bool

    @property
    def valid(self) -> bool:
        return self.name.startswith("valid.")


class Vectors(NamedTuple):
    type: str
    cases: list[Case]

    def blamed(self, text: str) -> tuple[bool, str | None]:
        """Whether the sidecar would refuse a text, and the field it would blame."""
        kind = cast("type[object]", getattr(bridge.protocol, self.type))
        try:
            convert(parse(text.encode()), kind)
        except HearsayError as error:
            return True, error.param
        return False, None


@cache
def read(path: Path) -> Vectors:
    document = json.loads(path.read_text(encoding="utf-8"))
    cases = [
        Case(each["name"], each["text"], each.get("param"), each.get("beyond_schema", False))
        for each in document["cases"]
    ]
    return Vectors(document["type"], cases)


@cache
def schema_of(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads((ROOT / "protocol" / "schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator({**schema, "$ref": f"#/$defs/{name}"})


def by_path(path: Path) -> str:
    return path.relative_to(FOLDER).as_posix()


@pytest.mark.parametrize("path", FILES, ids=by_path)
def test_every_valid_document_is_accepted(path: Path) -> None:
    vectors = read(path)
    for case in (each for each in vectors.cases if each.valid):
        assert vectors.blamed(case.text) == (False, None), case.name


@pytest.mark.parametrize("path", FILES, ids=by_path)
def test_every_invalid_document_is_refused_and_the_right_field_is_blamed(path: Path) -> None:
    vectors = read(path)
    for case in (each for each in vectors.cases if not each.valid):
        assert vectors.blamed(case.text) == (True, case.param), case.name


@pytest.mark.parametrize("path", FILES, ids=by_path)
def test_the_schema_comes_to_the_same_verdicts(path: Path) -> None:
    vectors = read(path)
    schema = schema_of(vectors.type)
    for case in (each for each in vectors.cases if not each.beyond_schema):
        assert schema.is_valid(json.loads(case.text)) == case.valid, case.name


def test_there_are_vectors_for_every_message() -> None:
    types = {read(path).type for path in FILES}
    messages = (bridge.protocol.CLIENT_MESSAGES, bridge.protocol.SERVER_MESSAGES)
    assert {kind.__name__ for each in messages for kind in each.values()} <= types


def test_names_of_cases_say_the_verdict_and_are_unique() -> None:
    for path in FILES:
        names = [case.name for case in read(path).cases]
        assert len(set(names)) == len(names), path
        assert {name.partition(".")[0] for name in names} <= {"valid", "invalid"}
