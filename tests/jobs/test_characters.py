"""A character's state as text."""

from __future__ import annotations

import base64
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ErrorCode, HearsayError
from bridge.jobs import characters
from bridge.jobs.characters import State, seal, unseal
from bridge.worker.messages import Memory


@given(st.text(max_size=20), st.text(), st.lists(st.integers(0, 1 << 20)))
def test_what_is_sealed_is_unsealed(model: str, rendered: str, ids: list[int]) -> None:
    state = State(model, Memory(rendered, ids))
    assert unseal(seal(state)) == state


def test_a_later_version_is_taken_as_nothing() -> None:
    assert unseal("hearsay2:whatever") == State()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hearsay1:",
        "hearsay1:abc",
        "hearsay1:abcd",
        f"hearsay1:{base64.urlsafe_b64encode(zlib.compress(b'[]')).decode()}",
        seal(State("m", Memory("x" * 100)))[:-12],
        seal(State())[: len("hearsay1:")] + "!",
    ],
)
def test_what_no_hearsay_has_written_is_an_error(text: str) -> None:
    with pytest.raises(HearsayError) as caught:
        unseal(text)
    assert caught.value.code is ErrorCode.INVALID_REQUEST
    assert caught.value.param == "state"


def test_a_state_that_would_fill_the_memory_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(characters, "MAX_BYTES", 1000)
    with pytest.raises(HearsayError):
        unseal(seal(State("m", Memory("x" * 2000))))
