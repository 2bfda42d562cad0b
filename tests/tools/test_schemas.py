"""The proofs of structured output, in their short form."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from tools.schemas.invent import invent_object
from tools.schemas.suite import table, tally, total
from tools.schemas.trial import run, valid

TAVERN = Path(__file__).parents[2] / "bridge" / "models" / "data" / "tavern.gguf"
COMMITTED = Path(__file__).parents[2] / "bridge" / "grammar" / "SUITE.md"


def test_replies_to_schemas_at_random_are_valid_at_a_great_heat() -> None:
    result = run(TAVERN, 30, seed=7, max_tokens=200, threads=2)
    assert result.wrong == []
    assert (result.asked, result.refused, result.broken) == (30, 0, 0)
    assert result.finished >= 18


def test_the_same_seed_invents_the_same_schemas() -> None:
    first, second = ([invent_object(Random(5)) for _ in range(3)] for _ in range(2))
    assert first == second


def test_what_is_no_json_or_breaks_its_schema_is_not_valid() -> None:
    schema = {"type": "string", "format": "date"}
    assert valid(schema, b'"2026-01-31"')
    assert not valid(schema, b'"2026-31-01"')
    assert not valid(schema, b'"\xff"')
    assert not valid(schema, b"{")


def test_a_file_of_the_suite_is_tallied(tmp_path: Path) -> None:
    cases = [
        {
            "description": "integers",
            "schema": {"type": "integer"},
            "tests": [
                {"description": "one", "data": 1, "valid": True},
                {"description": "a text", "data": "x", "valid": False},
                {"description": "taken for valid", "data": 2, "valid": False},
                {"description": "taken for invalid", "data": "y", "valid": True},
            ],
        },
        {"description": "refused", "schema": {"uniqueItems": True}, "tests": []},
    ]
    (tmp_path / "type.json").write_text(json.dumps(cases), encoding="utf-8")
    tallies = tally(tmp_path)
    whole = total(tallies)
    assert (whole.schemas, whole.compiled, whole.instances, whole.agreed) == (2, 1, 4, 2)
    assert whole.wrong == ["type: integers: taken for valid"]
    assert whole.narrow == ["type: integers: taken for invalid"]
    assert "schema.uniqueItems" in whole.refused[0]
    assert list(table(tallies))[-1] == "| **all** | 2 | 1 | 4 | 2 | 1 | 1 |"


def test_the_committed_table_meets_the_goals() -> None:
    row = next(
        line for line in COMMITTED.read_text("utf-8").splitlines() if line.startswith("| **all**")
    )
    _, compiled, instances, agreed, _, wrong = (int(each) for each in row.split("|")[2:-1])
    assert compiled >= 200
    assert agreed >= 0.97 * instances
    assert wrong == 0
