"""What a session's characters remember, and what is read ahead for them, over our protocol."""

from __future__ import annotations

import pytest

from bridge.jobs import cast
from bridge.jobs.characters import State, seal, unseal
from bridge.protocol import MAX_JOBS, Priority
from bridge.worker.messages import Memory, Task
from tests.jobs.speaker import MODEL, House, Speaker

LORE = [{"role": "system", "content": "The inn is called The Lame Dragon."}]
MEMORY = Memory("Who are you?", [3, 4, 5])


@pytest.fixture
def speaker(house: House) -> Speaker:
    speaker = Speaker(house)
    speaker.hello()
    return speaker


def test_a_character_is_saved_and_another_session_loads_it(house: House, speaker: Speaker) -> None:
    speaker.submit(order={"character": "boris"})
    said_by = house.host.submits[-1].character
    house.host.finish()
    speaker.hear()
    speaker.say("save_character", job="s", character="boris")
    order = house.host.submits[-1]
    assert (order.task, order.character) == (Task.SAVE, said_by)
    house.host.remember(MEMORY)
    saved = speaker.one()
    assert (saved["type"], saved["job"], saved["character"]) == ("character_saved", "s", "boris")

    later = Speaker(house)
    later.hello()
    later.say("load_character", job="l", character="old boris", state=saved["state"])
    order = house.host.submits[-1]
    assert (order.task, order.memory) == (Task.LOAD, MEMORY)
    loaded_as = order.character
    assert loaded_as != said_by
    house.host.finish()
    assert later.one() == {"type": "character_loaded", "job": "l", "character": "old boris"}
    later.submit(order={"character": "old boris"})
    assert house.host.submits[-1].character == loaded_as


def test_who_is_not_known_cannot_be_saved_and_is_named(house: House, speaker: Speaker) -> None:
    speaker.submit(order={"character": "boris"})
    house.host.finish()
    speaker.hear()
    speaker.say("save_character", job="s", character="borsi")
    failed = speaker.one()
    assert (failed["type"], failed["job"]) == ("job_failed", "s")
    assert (failed["code"], failed["param"]) == ("invalid_request", "character")
    assert "'borsi'" in failed["message"]
    assert house.host.submits[-1].task is Task.WRITE


def test_an_empty_state_loads_as_nothing_and_is_saved_as_such(
    house: House, speaker: Speaker
) -> None:
    speaker.say("load_character", job="l", character="silent", state=seal(State()))
    assert speaker.one()["type"] == "character_loaded"
    speaker.say("save_character", job="s", character="silent")
    assert unseal(speaker.one()["state"]) == State()
    assert house.host.submits == []


def test_a_state_of_a_model_that_is_not_served_loads_as_nothing(
    house: House, speaker: Speaker
) -> None:
    state = seal(State("somebody/else", MEMORY))
    speaker.say("load_character", job="l", character="boris", state=state)
    assert speaker.one()["type"] == "character_loaded"
    assert house.host.submits == []


def test_what_is_no_state_fails_and_names_the_field(speaker: Speaker) -> None:
    speaker.say("load_character", job="l", character="boris", state="x")
    failed = speaker.one()
    assert (failed["type"], failed["code"], failed["param"]) == (
        "job_failed",
        "invalid_request",
        "state",
    )


def test_what_was_prepared_is_kept_until_it_is_released(house: House, speaker: Speaker) -> None:
    tool = {"type": "function", "function": {"name": "sing"}}
    wish = {"messages": LORE, "tools": [tool], "priority": "background"}
    speaker.say("prepare", job="p", model=MODEL, **wish)
    prepared = house.host.job
    assert house.host.submits[-1].tools == [tool]
    assert house.host.submits[-1].priority is Priority.BACKGROUND
    house.host.begin()
    house.host.finish()
    assert speaker.hear()[-1]["type"] == "job_done"
    assert house.host.released == []
    speaker.say("release", job="p")
    speaker.say("release", job="p")
    assert house.host.released == [prepared]
    assert speaker.hear() == []


def test_what_was_prepared_goes_with_its_session(house: House, speaker: Speaker) -> None:
    speaker.say("prepare", job="p", model=MODEL, messages=LORE)
    speaker.say("goodbye")
    assert house.host.released == [house.host.job]


def test_the_same_name_prepares_something_else_instead(house: House, speaker: Speaker) -> None:
    speaker.say("prepare", job="p", model=MODEL, messages=LORE)
    first = house.host.job
    house.host.finish()
    speaker.hear()
    speaker.say("prepare", job="p", model=MODEL, messages=LORE)
    assert house.host.released == [first]


def test_a_session_keeps_a_bounded_number_of_beginnings(house: House, speaker: Speaker) -> None:
    for index in range(MAX_JOBS + 1):
        speaker.say("prepare", job=f"p{index}", model=MODEL, messages=LORE)
        house.host.finish()
        speaker.hear()
    assert house.host.released == [house.host.submits[0].job]


def test_a_beginning_for_no_model_is_released_without_anybody(speaker: Speaker) -> None:
    speaker.say("prepare", job="p", model="nope", messages=LORE)
    assert speaker.one()["param"] == "model"
    speaker.say("release", job="p")
    assert speaker.hear() == []


def test_a_session_knows_a_bounded_number_of_characters(
    house: House, speaker: Speaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cast, "MAX_CHARACTERS", 1)
    for name in ("boris", "mira"):
        speaker.submit(name, order={"character": name})
        house.host.finish()
    speaker.hear()
    speaker.say("save_character", job="s", character="boris")
    assert speaker.one()["param"] == "character"
    assert house.host.submits[-1].task is Task.WRITE
