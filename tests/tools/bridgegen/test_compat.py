"""A change that an older side would not understand needs another version."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.bridgegen.places import TAVERN, changed, model_of
from tools.bridgegen.compat import check_released, compare
from tools.bridgegen.model import Model

LEAVE = "  Leave:\n    tag: leave\n    doc: L.\n    fields: {}"
ROUNDS = "rounds: {type: integer, min: 1, max: max_rounds"


def breaks(text: str, folder: Path) -> list[str]:
    return list(compare(model_of(TAVERN, folder), model_of(text, folder)))


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("  Poured:", "  Filled:", "Poured is gone"),
        ("tag: poured", "tag: filled", "Poured has another tag"),
        ("      extra:", "      more:", "Order.extra is gone"),
        (ROUNDS, "rounds: {type: number, min: 1, max: max_rounds", "has another type"),
        (ROUNDS, "rounds: {type: integer, min: 2, max: max_rounds", "narrower min: 1 to 2"),
        (ROUNDS, "rounds: {type: integer, min: 1, max: 2", "narrower max: 3 to 2"),
        ("value: 3,", "value: 2,", "narrower max: 3 to 2"),
        ("item_above: 0", "item_above: 1", "Order.prices has a narrower above: 0 to 1"),
        ("max_length: 16", "max_length: 8", "Guest.name has a narrower max_length: 16 to 8"),
        ("table: {type: Table, default: {},", "table: {type: Table,", "has become required"),
        ("default: ale", "default: mead", "Order.drink has another default"),
        ("      extra:", "      age: {type: integer, doc: A.}\n      extra:", "new and required"),
        ("      mead: Sweet.", "      wine: Red.", "the word of Drink mead is gone"),
        ("      mead: Sweet.", "      mead: Sweet.\n      wine: Red.", "do not know wine"),
        ("  dry: {", "  empty: {", "the error dry is gone"),
        ("c: -3", "c: -4", "the error brawl has other numbers"),
        ('value: "cellar::"', 'value: "attic::"', "the constant prefix"),
        ("path: /smell", "path: /odour", "the route smell is another"),
        ("  smell: {", "  odour: {", "the route smell is gone"),
        ("bill: {type: Bill,", "bill: {type: Bill, absent: true,", "bill has become optional"),
        ("bill: {type: Bill,", 'bill: {type: "Bill | null",', "Poured.bill has another opinion"),
    ],
)  # fmt: skip
def test_what_breaks_an_older_side_is_found(
    before: str, after: str, what: str, tmp_path: Path
) -> None:
    found = breaks(changed((before, after)), tmp_path)
    assert any(what in each for each in found), found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("      extra:", '      age: {type: integer, default: 1, doc: "A."}\n      extra:'),
        (ROUNDS, "rounds: {type: integer, min: 0, max: 9"),
        ("value: 3,", "value: 4,"),
        ("  dry: {", "  late: {http: 400, c: -9, type: t, doc: L.}\n  dry: {"),
        ("client_messages:", f"client_messages:\n{LEAVE}"),
        ("      bill: {", "      age: {type: integer, doc: A.}\n      bill: {"),
        ("doc: Who is drinking.", "doc: Who drinks."),
    ],
)  # fmt: skip
def test_what_older_sides_do_not_notice_is_allowed(before: str, after: str, tmp_path: Path) -> None:
    assert breaks(changed((before, after)), tmp_path) == []


class TestTheRelease:
    """What `protocol/released` says to a model."""

    @pytest.fixture
    def released(self, tmp_path: Path) -> Path:
        folder = tmp_path / "released"
        folder.mkdir()
        (folder / "2.yaml").write_text(TAVERN, encoding="utf-8")
        return folder

    def broken(self, version: int, folder: Path) -> Model:
        return model_of(
            changed(("protocol: 2", f"protocol: {version}"), ("      extra:", "      more:")),
            folder,
        )

    def test_without_one_everything_goes(self, tmp_path: Path) -> None:
        found, told = check_released(self.broken(2, tmp_path), tmp_path / "released")
        assert (found, told) == ([], "No release yet: the protocol may still change freely")

    def test_a_break_without_a_version_step_is_refused(
        self, released: Path, tmp_path: Path
    ) -> None:
        found, told = check_released(self.broken(2, tmp_path), released)
        assert found == ["Order.extra is gone"]
        assert "step `protocol:`" in told

    def test_a_break_with_a_version_step_is_allowed(self, released: Path, tmp_path: Path) -> None:
        assert check_released(self.broken(3, tmp_path), released)[0] == []

    def test_the_same_breaks_nothing(self, released: Path, tmp_path: Path) -> None:
        assert check_released(model_of(TAVERN, tmp_path), released)[0] == []
