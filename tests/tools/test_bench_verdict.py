"""The end of a run: its exit code says whether what was promised was kept."""

from __future__ import annotations

import pytest
import typer

from tools.bench.verdict import MOST_TOLD, conclude


@pytest.mark.parametrize(
    ("broken", "kept", "code"),
    [([], True, 0), ([], False, 1), (["a gap"], True, 1), (["a gap"], False, 1)],
)
def test_anything_broken_makes_the_exit_code_1(
    broken: list[str], kept: bool, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as end:
        conclude(broken, kept=kept)
    assert end.value.exit_code == code
    assert capsys.readouterr().out.splitlines() == broken


def test_a_thousand_broken_promises_are_not_all_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(typer.Exit):
        conclude(["a gap"] * 1000)
    assert len(capsys.readouterr().out.splitlines()) == MOST_TOLD
