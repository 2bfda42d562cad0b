"""What may be a model's name."""

from __future__ import annotations

import pytest

from bridge.errors import ErrorCode, HearsayError
from bridge.models.names import canonical, check_name, is_name


def test_the_prefix_is_optional() -> None:
    assert canonical("in-memory::hearsay/tavern") == "hearsay/tavern"
    assert canonical("hearsay/tavern") == "hearsay/tavern"


@pytest.mark.parametrize(
    "name",
    ["a", "hearsay/tavern", "meta-llama/Llama-3.2-3B-Instruct-Q4_K_M", "tief/größe 2", "a..b"],
)
def test_ordinary_names_are_names(name: str) -> None:
    assert is_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "/",
        "/etc/passwd",
        "..",
        "../secret",
        "a/../b",
        "a//b",
        "a/",
        ".hidden",
        "a\\b",
        "C:evil",
        "a\x00b",
        "a\nb",
        " a",
        "a%2e",
        "x" * 513,
    ],
)
def test_hostile_names_are_refused(name: str) -> None:
    with pytest.raises(HearsayError) as caught:
        check_name(name)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert caught.value.param == "model"
