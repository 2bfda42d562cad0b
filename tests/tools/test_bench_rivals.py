"""The bench's scenes in their short form: a double of the model stands for both rivals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tools.bench import busy, rivals
from tools.bench.busy import FRAME, Frame, Frames, Game
from tools.bench.contest import Scene
from tools.bench.load import Ask, Reply, Run
from tools.bench.rivals import OURS, READINGS, THEIRS, Targets
from tools.bench.scenes import strangers
from tools.bench.servers import hearsay


@pytest.fixture(scope="module")
def targets() -> Iterator[Targets]:
    environment = {"HEARSAY_BACKEND": "fake", "HEARSAY_FAKE_STEP_MS": "2"}
    with hearsay(model=None, options=["--ctx", "16384"], environment=environment) as server:
        yield {OURS: server.target, THEIRS: server.target}


def test_every_scene_but_the_game_is_measured_by_ratios(
    targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivals, "tavern", _two_characters)
    repetition = partial(rivals.play_repetition, words=["one", "two"])
    for name, play in (("tavern", rivals.play_tavern), ("repetitive text", repetition)):
        figures = list(play(targets, 1))
        assert any(figure.name.startswith(name) for figure in figures)
        assert all(figure.unit == "x" and figure.value > 0 for figure in figures)


def _two_characters(model: str, *, seed: int) -> list[Ask]:
    return strangers(model, streams=2, prompt=20, new=8, seed=seed)


def test_a_game_has_frames_and_the_model_writes_beside_it(
    targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(busy, "START_SECONDS", 1.5)
    monkeypatch.setattr(rivals, "ALONE_SECONDS", 0.3)
    figures = list(rivals.play_beside_game(targets, 1, cores=1))
    assert [figure.unit for figure in figures] == ["%", "x", "x"]


def test_frames_are_counted_where_they_were_due() -> None:
    played = Game([Frame(1.0, 0.010), Frame(2.0, 0.020), Frame(3.0, 0.030)])
    assert played.between(1.5, 3.0).seconds == [0.020]
    frames = Frames([0.01] * 3 + [FRAME * 1.5])
    assert frames.missed == 0.25
    assert 0.01 < frames.p99 < FRAME * 1.5


def test_the_longest_silence_of_any_reply_counts() -> None:
    calm = Reply(0.0, (1.0, 1.1, 1.2), 1, 3, 0)
    stalled = Reply(0.0, (1.0, 1.9, 2.0), 1, 3, 0)
    both = Run((calm, stalled))
    assert rivals.longest_gap(both) == pytest.approx(0.9)
    assert (rivals.first_p50(both), rivals.first_max(both)) == (1.0, 1.0)


def test_every_goal_is_named_for_a_scene() -> None:
    assert len(Scene) == 8
    assert all(any(reading.goal for reading in scene) for scene in READINGS.values())
