"""All clients at once: what they are all told, how many there may be, and who makes room."""

from __future__ import annotations

import pytest

from tests.jobs.speaker import House, Speaker


def test_a_model_that_changes_is_told_to_everybody_once_and_as_it_is_now(house: House) -> None:
    first, second = Speaker(house), Speaker(house)
    first.hello()
    second.hello()
    house.host.state, house.host.progress = "loading", 0.25
    house.sessions.models_changed()
    assert first.one()["model"] == {
        "id": "hearsay/tavern",
        "aliases": ["gpt"],
        "state": "loading",
        "progress": 0.25,
    }
    house.host.progress = 0.5
    house.sessions.models_changed()
    house.host.progress = 0.75
    house.sessions.models_changed()
    house.sessions.models_changed()
    assert first.one()["model"]["progress"] == 0.75
    assert second.one()["model"]["progress"] == 0.75


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.jobs.sessions.MAX_SESSIONS", 3)


@pytest.mark.usefixtures("few")
def test_one_more_client_than_there_is_room_for_comes_back_later(house: House) -> None:
    for _ in range(3):
        Speaker(house).hello()
    goodbye = Speaker(house).hello()
    assert (goodbye["type"], goodbye["code"]) == ("goodbye", "busy")


@pytest.mark.usefixtures("few")
def test_the_client_gone_for_longest_makes_room_one_without_jobs_first(house: House) -> None:
    working, idle = Speaker(house), Speaker(house)
    kept = working.hello()["session"]
    working.submit()
    lost = idle.hello()["session"]
    Speaker(house).hello()
    for each in (working, idle):
        each.connection.detach()
        house.clock.now += 1
    assert Speaker(house).hello()["type"] == "welcome"
    assert Speaker(house).resume(lost)[0]["code"] == "unknown_session"
    assert Speaker(house).resume(kept, j=[0])[0]["type"] == "welcome"


def test_only_clients_that_are_there_count_as_connected(house: House, speaker: Speaker) -> None:
    assert house.sessions.connected == 0
    speaker.hello()
    assert house.sessions.connected == 1
    speaker.connection.detach()
    assert house.sessions.connected == 0
    assert len(house.sessions) == 1
