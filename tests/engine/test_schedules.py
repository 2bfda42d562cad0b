"""
Whatever the schedule, at temperature 0 everybody gets the text that it would get alone.

The fake backend's next word is a checksum of all that its slot holds, so one wrong cell anywhere
changes the text. Its batches do not change a word; a model's can, where two tokens are nearly as
likely: how that is told apart stands in `test_schedules_of_models.py`.
"""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings

from bridge.engine.archive import Archive
from bridge.engine.fake import FakeBackend
from bridge.protocol import FinishReason, Priority
from tests.engine.driver import Driver
from tests.engine.schedules import Play, Scene, scenes, text_alone


@settings(max_examples=150, deadline=None)
@given(scenes())
def test_any_schedule_writes_what_each_would_write_alone(scene: Scene) -> None:
    play = Play(scene)
    play.perform()
    for name, prompt in play.prompts.items():
        whole = text_alone(prompt, scene.reply_tokens)
        if play.reason(name) is FinishReason.LENGTH:
            assert play.text(name) == whole
        else:
            assert whole.startswith(play.text(name))


@pytest.mark.parametrize("rewinds", [True, False])
def test_every_order_of_three_characters_of_every_priority_writes_the_same(rewinds: bool) -> None:
    """Exhaustive: who comes when, how important, how many places, with memory beyond or not."""
    lore = "L" * 40
    prompts = [f"{lore}{'a' * 9}", f"{lore}{'b' * 30}", f"{lore}{'a' * 9}{'c' * 20}"]
    wanted = [text_alone(prompt, 6) for prompt in prompts]
    cases = product(range(3), range(3), product(Priority, repeat=3), (1, 2), (0, 1 << 20))
    for second, third, priorities, slots, room in cases:
        backend = FakeBackend(slots=slots, context=120, cells=120, batch_tokens=32, rewinds=rewinds)
        archive = Archive(room, rewinds=rewinds)
        driver = Driver(backend, chunk_tokens=8, archive=archive)
        for index, steps in enumerate((0, second, third)):
            for _ in range(steps):
                driver.step()
            driver.add(
                str(index),
                prompts[index],
                max_tokens=6,
                ignore_eos=True,
                priority=priorities[index],
            )
        driver.run()
        assert [driver.texts[str(index), 0] for index in range(3)] == wanted
