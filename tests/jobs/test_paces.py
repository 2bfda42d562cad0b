"""Whose wish holds when several games share a sidecar."""

from __future__ import annotations

from bridge.jobs.paces import Paces
from bridge.protocol import Pace, PaceMode
from tests.jobs.speaker import House, Speaker


def test_nobody_has_said_anything_at_first() -> None:
    assert Paces().common is None


def test_the_most_modest_wish_holds() -> None:
    paces = Paces()
    paces.wish("a", Pace(PaceMode.FULL))
    paces.wish("b", Pace(PaceMode.BACKGROUND))
    paces.wish("c", Pace(PaceMode.BALANCED))
    assert paces.common == Pace(PaceMode.BACKGROUND)
    paces.wish("a", Pace(PaceMode.PAUSED))
    assert paces.common == Pace(PaceMode.PAUSED)


def test_of_equal_wishes_the_latest_holds() -> None:
    paces = Paces()
    paces.wish("a", Pace(PaceMode.BALANCED, share=0.1))
    paces.wish("b", Pace(PaceMode.BALANCED, share=0.2))
    assert paces.common == Pace(PaceMode.BALANCED, share=0.2)
    paces.wish("a", Pace(PaceMode.BALANCED, share=0.3))
    assert paces.common == Pace(PaceMode.BALANCED, share=0.3)


def test_who_leaves_takes_the_wish_along() -> None:
    paces = Paces()
    paces.wish("a", Pace(PaceMode.PAUSED))
    assert paces.forget("a")
    assert not paces.forget("a")
    assert paces.common is None


def test_who_is_away_has_no_say_and_has_it_again_afterwards() -> None:
    paces = Paces()
    paces.wish("a", Pace(PaceMode.PAUSED))
    paces.wish("b", Pace(PaceMode.FULL))
    assert paces.leave("a")
    assert not paces.leave("a")
    assert paces.common == Pace(PaceMode.FULL)
    assert paces.come_back("a")
    assert not paces.come_back("a")
    assert paces.common == Pace(PaceMode.PAUSED)
    paces.leave("a")
    assert not paces.forget("a")
    assert not paces.come_back("a")


def test_a_game_that_vanishes_while_paused_holds_no_other_up() -> None:
    house = House()
    vanishing, playing = Speaker(house), Speaker(house)
    session = vanishing.hello()["session"]
    playing.hello()
    vanishing.say("pace", mode="paused")
    vanishing.connection.detach()
    assert house.host.paces == [Pace(PaceMode.PAUSED), None]
    Speaker(house).resume(session)
    assert house.host.paces[-1] == Pace(PaceMode.PAUSED)


def test_a_game_that_vanishes_without_a_wish_changes_no_pace() -> None:
    house = House()
    speaker = Speaker(house)
    session = speaker.hello()["session"]
    speaker.connection.detach()
    Speaker(house).resume(session)
    assert house.host.paces == []


def test_the_pace_of_a_session_reaches_every_model_and_goes_with_it() -> None:
    house = House(resume_seconds=10)
    quick, modest = Speaker(house), Speaker(house)
    for speaker in (quick, modest):
        assert "pace" in speaker.hello()["features"]
    quick.say("pace", mode="full")
    modest.say("pace", mode="background", share=0.25)
    background = Pace(PaceMode.BACKGROUND, share=0.25)
    assert house.host.paces == [Pace(PaceMode.FULL), background]
    modest.say("goodbye")
    assert house.host.paces[-1] == Pace(PaceMode.FULL)
    quick.connection.detach()
    house.clock.now += 11
    house.sessions.sweep()
    assert house.host.paces[-1] is None


def test_a_session_that_never_spoke_of_its_pace_changes_none() -> None:
    house = House()
    speaker = Speaker(house)
    speaker.hello()
    speaker.say("goodbye")
    assert house.host.paces == []
